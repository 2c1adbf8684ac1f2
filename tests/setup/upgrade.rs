//! `scripts/install` on a machine that runs factories: in a view of its own, where /etc,
//! /usr/local and /var/lib are the test's, and systemctl writes down what it is asked.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// As much of `adf` as an installation asks for.
const BINARY: &str = r#"#!/bin/sh
case $1 in
  --version) echo "adf 0.0.0" ;;
  completions) [ -e "$0.mute" ] || echo "complete $2" ;;
  man) echo page >"$2/adf.1" ;;
esac
"#;
/// Writes down what it is asked; `ROOT/cannot` holds what it refuses, such as `start adf@a.service`.
const SYSTEMCTL: &str = r#"#!/bin/sh
case $1 in
  list-units) printf 'adf@a.service loaded active running a\nadf@b.service loaded active running b\n' ;;
  *) echo "$*" >>"ROOT/asked"; ! grep -qx "$*" "ROOT/cannot" 2>/dev/null ;;
esac
"#;

/// What of this machine's /etc the tools need.
const BORROWED: &str = "alternatives ld.so.cache passwd group nsswitch.conf";

struct Machine {
    home: TempDir,
}

impl Machine {
    /// With a binary of its own; `None` where no such view can be had.
    fn new() -> Option<Machine> {
        let home = tempfile::tempdir().unwrap();
        let machine = Machine { home };
        for folder in ["fake", "etc/systemd/system", "local", "lib"] {
            std::fs::create_dir_all(machine.path(folder)).unwrap();
        }
        let root = machine.home.path().to_str().unwrap();
        machine.program("adf", BINARY);
        machine.program("fake/systemctl", &SYSTEMCTL.replace("ROOT", root));
        for name in ["getent", "useradd", "systemd-analyze"] {
            machine.program(&format!("fake/{name}"), "#!/bin/sh\n");
        }
        let tried = machine.view("true", &["true"]);
        machine.able(&tried).then_some(machine)
    }

    #[expect(clippy::print_stderr, reason = "a test that is left out says so")]
    fn able(&self, tried: &Output) -> bool {
        if !tried.status.success() {
            let why = String::from_utf8_lossy(&tried.stderr);
            eprintln!("SKIPPED: no mounts of one's own here: {why}");
        }
        tried.status.success()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// Runs words in the view, in which `first` is done before, and lists what /usr/local holds then.
    #[expect(clippy::disallowed_methods, reason = "the script is what is tested")]
    fn view(&self, first: &str, words: &[&str]) -> Output {
        let root = self.home.path().display();
        let script = format!(
            "set -e; for n in {BORROWED}; do [ ! -e /etc/$n ] || cp -a /etc/$n {root}/etc/; done
             mount --bind {root}/etc /etc; mount --bind {root}/local /usr/local
             mount --bind {root}/lib /var/lib; {first}
             PATH={root}/fake:$PATH; set +e; \"$@\"; code=$?
             find /usr/local -type f >{root}/left; exit $code"
        );
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script, "-"]);
        let output = command.args(words).env_remove("DESTDIR").output();
        output.unwrap()
    }

    fn install_after(&self, first: &str) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install");
        let binary = self.path("adf");
        let words = [script.to_str().unwrap(), "--binary"];
        let _ = std::fs::remove_file(self.path("asked"));
        self.view(first, &[&words[..], &[binary.to_str().unwrap()]].concat())
    }

    fn install(&self) -> Output {
        self.install_after("true")
    }

    /// What systemctl was asked since the last installation began, but to read units again.
    fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("asked")).unwrap_or_default();
        let lines = text.lines().filter(|line| *line != "daemon-reload");
        lines.map(str::to_owned).collect()
    }

    fn refuse(&self, what: &str) {
        std::fs::write(self.path("cannot"), format!("{what}\n")).unwrap();
    }

    fn newer(&self) {
        self.program("adf", &BINARY.replace("0.0.0", "0.0.1"));
    }
}

const ALL: [&str; 4] = [
    "stop adf@a.service",
    "stop adf@b.service",
    "start adf@a.service",
    "start adf@b.service",
];

fn well(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn factories_are_drained_for_what_they_run_with_and_for_nothing_else() {
    let Some(machine) = Machine::new() else {
        return;
    };
    well(&machine.install());
    assert_eq!(machine.asked(), ALL);
    well(&machine.install());
    assert!(machine.asked().is_empty(), "{:?}", machine.asked());
    machine.newer();
    well(&machine.install());
    assert_eq!(machine.asked(), ALL);
    // The unit alone.
    let unit = machine.path("etc/systemd/system/adf@.service");
    std::fs::write(unit, "of an older version").unwrap();
    well(&machine.install());
    assert_eq!(machine.asked(), ALL);
    let timer = machine.path("etc/systemd/system/adf-backup@.timer");
    std::fs::write(timer, "of an older version").unwrap();
    well(&machine.install());
    assert!(machine.asked().is_empty(), "{:?}", machine.asked());
}

#[test]
fn without_room_nothing_is_stopped_and_nothing_half_written_stays() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let big = format!("{BINARY}#{}\n", "x".repeat(2 << 20));
    machine.program("adf", &big);
    let output = machine.install_after("mount -t tmpfs -o size=1m tmpfs /usr/local");
    assert!(!output.status.success(), "{output:?}");
    assert!(machine.asked().is_empty(), "{:?}", machine.asked());
    let left = std::fs::read_to_string(machine.path("left")).unwrap();
    assert_eq!(left, "", "{output:?}");
}

#[test]
fn what_was_stopped_is_started_again_whatever_went_wrong() {
    let Some(machine) = Machine::new() else {
        return;
    };
    machine.refuse("start adf@a.service");
    let output = machine.install();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(machine.asked(), ALL);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("not started again: adf@a.service;"), "{err}");

    machine.newer();
    machine.refuse("stop adf@b.service");
    let output = machine.install();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(machine.asked(), ALL);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("go on with what stands there"), "{err}");
    let installed = std::fs::read_to_string(machine.path("local/bin/adf")).unwrap();
    assert!(installed.contains("0.0.0"), "{installed}");
    assert!(!machine.path("local/bin/adf.new").exists());
}

#[test]
fn a_binary_without_completions_is_not_installed() {
    let Some(machine) = Machine::new() else {
        return;
    };
    std::fs::write(machine.path("adf.mute"), "").unwrap();
    let output = machine.install();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("writes no completions for bash"), "{err}");
    assert!(!machine.path("local/bin/adf").exists());
}

#[test]
fn what_is_installed_is_for_every_user_whatever_the_umask() {
    let Some(machine) = Machine::new() else {
        return;
    };
    std::fs::create_dir(machine.path("lib/adf")).unwrap();
    std::fs::set_permissions(machine.path("lib/adf"), PermissionsExt::from_mode(0o700)).unwrap();
    well(&machine.install_after("umask 077"));
    for folder in ["local/bin", "local/share", "etc/adf", "lib/adf"] {
        let data = std::fs::metadata(machine.path(folder)).unwrap();
        assert_eq!(data.permissions().mode() & 0o777, 0o755, "{folder}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the script is what is tested")]
fn a_binary_is_named_from_the_folder_one_stands_in() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install");
    let output = Command::new(script)
        .args(["--binary", "adf"])
        .env("DESTDIR", machine.path("root"))
        .current_dir(machine.home.path())
        .output()
        .unwrap();
    well(&output);
}
