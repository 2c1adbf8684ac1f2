//! What Landlock leaves open, tried from inside: modes, owners, times, attributes
//! and names of what is outside, and calls that no agent needs.

use crate::support::{Room, python, succeed};
use adf::{ipc::operator::serve_operator, model::Weakness};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::{fs::MetadataExt, fs::PermissionsExt, net::UnixListener},
    path::Path,
};

/// Everything about a file that a change of it shows in.
fn state(path: &Path) -> (u32, u32, u32, i64, i64, Vec<u8>) {
    let meta = fs::metadata(path).unwrap();
    let bytes = fs::read(path).unwrap_or_default();
    let (mode, mtime) = (meta.mode(), meta.mtime_nsec());
    (
        mode,
        meta.uid(),
        meta.gid(),
        mtime,
        meta.ctime_nsec(),
        bytes,
    )
}

/// A line that runs code by the system's python; without one it can only fail.
fn code(text: &str) -> String {
    format!("{} -c '{text}'", python().unwrap_or("false"))
}

/// A line that gives a file an attribute.
fn attribute(file: &str) -> String {
    code(&format!(
        "import os; os.setxattr(\"{file}\", \"user.x\", b\"y\")"
    ))
}

/// Shows that a line which the walls must stop works where there are none.
#[expect(clippy::print_stderr, reason = "what is not tried is said")]
fn works_outside(line: &str) {
    if python().is_some() {
        let tried = std::process::Command::new("/bin/sh")
            .args(["-c", line])
            .output()
            .unwrap();
        assert!(
            tried.status.success(),
            "{line} fails without walls too: {tried:?}"
        );
    } else {
        eprintln!("skipped: {line}");
    }
}

#[tokio::test]
async fn modes_owners_times_and_attributes_outside_cannot_be_changed() {
    let mut room = Room::new("");
    let dir = room.path("outside");
    fs::create_dir(&dir).unwrap();
    let file = dir.join("file");
    fs::write(&file, "kept").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let control = room.path("control");
    fs::write(&control, "x").unwrap();
    works_outside(&attribute(&control.display().to_string()));
    let before = (state(&file), state(&dir));
    let (f, d) = (file.display(), dir.display());
    let root = "/proc/self/root";
    let tries = [
        ("chmod", format!("chmod 777 {f}")),
        ("chmod the folder", format!("chmod 700 {d}")),
        ("chmod by the root", format!("chmod 777 {root}{f}")),
        ("chmod a link", format!("ln -s {f} l; chmod 777 l")),
        ("chown", format!("chown $(id -u) {f}")),
        ("chgrp", format!("chgrp $(id -g) {f}")),
        ("touch", format!("touch {f}")),
        ("touch back", format!("touch -d 2001-01-01 {f}")),
        ("set an attribute", attribute(&f.to_string())),
        ("undo it", format!("mount -o remount,rw / ; chmod 777 {f}")),
        ("undo the hiding", format!("umount /tmp ; chmod 777 {f}")),
    ];
    for hide in [vec![], vec!["/tmp".into(), "/run".into()]] {
        room.spec.walls.hide = hide;
        assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    }
    assert_eq!((state(&file), state(&dir)), before);
}

#[tokio::test]
async fn what_is_hidden_has_no_name_and_no_sockets_and_the_runs_own_places_are_whole() {
    let mut room = Room::new("");
    let dir = room.path("state");
    fs::create_dir(&dir).unwrap();
    let _operators = serve_operator(&dir, |_| Box::pin(async { Err("no".to_owned()) }))
        .await
        .unwrap();
    let _service = UnixListener::bind(room.path("service.sock")).unwrap();
    let named = room.path("named");
    fs::write(&named, "x").unwrap();
    std::os::unix::fs::symlink(&named, room.path("link")).unwrap();
    room.spec.walls.read.push(room.path("link"));
    room.spec.walls.hide = vec![room.path(""), "/run".into(), "/absent".into()];
    let root = room.path("");
    let root = root.display();
    let tries = [
        ("see a socket", format!("test -e {root}/service.sock")),
        ("see the state", format!("test -e {root}/state")),
        ("make a name", format!("touch {root}/x")),
        ("list", format!("test $(ls {root} | wc -l) -gt 4")),
        (
            "read by a link",
            format!("cat {root}/link && cat {root}/named"),
        ),
        (
            "work",
            "pwd && touch mine && rm mine && touch $HOME/x $TMPDIR/y".into(),
        ),
        (
            "read what it wrote",
            format!("echo a > a && cat {root}/workspace/a"),
        ),
    ];
    let can = succeed(&mut room, &tries).await;
    let wanted = ["read by a link", "work", "read what it wrote"];
    assert_eq!(can, wanted.map(str::to_owned).into());
    assert!(room.path("workspace/a").exists() && room.path("run/tmp/y").exists());
}

#[tokio::test]
async fn others_and_their_command_lines_are_not_seen() {
    let mut room = Room::new("");
    let daemon = std::process::id();
    let tries = [
        ("read the daemon's", format!("cat /proc/{daemon}/cmdline")),
        ("read its keeper's", "cat /proc/$PPID/cmdline".to_owned()),
        ("see the first process", "test -e /proc/1".to_owned()),
        ("read its own", "grep -q sh /proc/$$/cmdline".to_owned()),
        (
            "see what it starts",
            "sleep 9 & cat /proc/$!/cmdline && kill $!".to_owned(),
        ),
        (
            "read what the machine is",
            "cat /proc/cpuinfo /proc/meminfo".to_owned(),
        ),
    ];
    let can = succeed(&mut room, &tries).await;
    if !rustix::process::geteuid().is_root() && can.contains("see the first process") {
        eprintln!("skipped: only root, or the service manager, gives a run a /proc of its own");
        return;
    }
    let wanted = [
        "read its own",
        "see what it starts",
        "read what the machine is",
    ];
    assert_eq!(can, wanted.map(str::to_owned).into());
}

#[tokio::test]
async fn memory_that_is_shared_by_a_number_is_the_runs_own() {
    let mut room = Room::new("");
    let made = std::process::Command::new("ipcmk")
        .args(["-M", "64"])
        .output();
    let Some(made) = made.ok().filter(|made| made.status.success()) else {
        eprintln!("skipped: there is no ipcmk to share memory with");
        return;
    };
    let said = String::from_utf8(made.stdout).unwrap();
    let id = said.rsplit(' ').next().unwrap().trim().to_owned();
    let tries = [("see", format!("ipcs -m -i {id} | grep -i shmid"))];
    let can = succeed(&mut room, &tries).await;
    let removed = std::process::Command::new("ipcrm")
        .args(["-m", &id])
        .output();
    assert!(removed.unwrap().status.success());
    assert_eq!(can, BTreeSet::new());
}

#[tokio::test]
async fn memory_that_is_shared_by_a_name_is_the_runs_own_and_programs_find_what_they_insist_on() {
    let mut room = Room::new("");
    let name = format!("adf-test-{}", room.mark);
    let theirs = Path::new("/dev/shm").join(&name);
    fs::write(&theirs, "x").unwrap();
    let lock = "import multiprocessing; multiprocessing.Lock()";
    let tries = [
        ("see", format!("test -e /dev/shm/{name}")),
        ("share", "echo x > /dev/shm/y && cat /dev/shm/y".to_owned()),
        (
            "lock",
            format!("! test -x /usr/bin/python3 || /usr/bin/python3 -c '{lock}'"),
        ),
        (
            "read the settings of git",
            "! test -e /etc/gitconfig || cat /etc/gitconfig".to_owned(),
        ),
        (
            "find anything in them",
            "test -n \"$(cat /etc/gitconfig)\"".to_owned(),
        ),
    ];
    let can = succeed(&mut room, &tries).await;
    fs::remove_file(theirs).unwrap();
    assert!(!Path::new("/dev/shm/y").exists());
    let wanted = ["share", "lock", "read the settings of git"];
    assert_eq!(can, wanted.map(str::to_owned).into());
}

#[tokio::test]
async fn gits_settings_and_hooks_are_sealed_and_git_works() {
    let mut room = Room::new("");
    let work = room.spec.workspace.clone();
    fs::create_dir_all(work.join(".git/hooks")).unwrap();
    let ran = std::process::Command::new("git")
        .arg("init")
        .arg(&work)
        .output();
    assert!(ran.unwrap().status.success());
    let commit = "git -c user.name=a -c user.email=a@b commit --allow-empty -qm x";
    let tries = [
        ("set", "git config core.fsmonitor /bin/true".to_owned()),
        ("hook", "echo x > .git/hooks/post-commit".to_owned()),
        (
            "replace",
            "rm -f .git/config; mv /dev/null .git/config".to_owned(),
        ),
        ("commit", format!("echo x > f && git add f && {commit}")),
        (
            "branch",
            "git checkout -q -b other && git branch -D other || git branch other2".to_owned(),
        ),
    ];
    room.spec.walls.seal_git = true;
    let can = succeed(&mut room, &tries).await;
    assert_eq!(can, ["branch", "commit"].map(str::to_owned).into());
}

#[tokio::test]
async fn calls_that_no_agent_needs_are_refused_and_what_can_do_without_goes_on() {
    let mut room = Room::new("");
    let trace = code("import ctypes; raise SystemExit(ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0)");
    works_outside(&trace);
    let tries = [
        ("have its own users", "unshare --user true"),
        ("have its own mounts", "unshare --user --mount true"),
        ("trace", &trace),
        (
            "make a file that runs as us",
            "cp /bin/true t && chmod u+s t && test -u t",
        ),
        (
            "make one for its group",
            "cp /bin/true t && chmod 2755 t && test -g t",
        ),
        ("set a plain mode", "touch p && chmod 755 p && test -x p"),
        ("limit its keeper", "prlimit --pid $PPID --core=0"),
        ("slow its user down", "renice -n 5 -u $(id -u)"),
        ("limit itself", "prlimit --core=0 true && ulimit -n 100"),
        ("be nice", "nice -n 5 true && ionice -c 3 true"),
        (
            "start threads and processes",
            "seq 20 | xargs -P 4 -n 1 true && git --version",
        ),
    ];
    let can = succeed(&mut room, &tries.map(|(n, line)| (n, line.to_owned()))).await;
    let wanted = [
        "be nice",
        "limit itself",
        "set a plain mode",
        "start threads and processes",
    ];
    assert_eq!(can, wanted.map(str::to_owned).into());
}

#[tokio::test]
async fn the_record_says_which_walls_stand() {
    let room = Room::new("grep Seccomp: /proc/self/status");
    room.run().await;
    assert_eq!(room.output(), "Seccomp:\t2\n");
    let record = adf::act::supervise::read_record(&room.spec.run_dir).unwrap();
    let walls = record.walls.unwrap();
    assert!(walls.ends_with(", seccomp, own view"), "{walls}");
}

#[tokio::test]
async fn a_run_does_without_a_view_only_where_that_is_accepted() {
    let mut room = Room::new("echo done");
    room.spec.walls.without_view = true;
    room.run().await;
    let level = |room: &Room| {
        adf::act::supervise::read_record(&room.spec.run_dir)
            .unwrap()
            .walls
    };
    assert!(level(&room).unwrap().ends_with(", own view"));
    room.spec.walls.accept.insert(Weakness::NoView);
    room.run().await;
    assert!(level(&room).unwrap().ends_with(", no own view"));
}

#[tokio::test]
async fn this_machine_is_tried_and_says_what_it_has() {
    let given = adf::act::supervise::given(crate::support::adf())
        .await
        .unwrap();
    assert!(given.landlock_abi >= 3, "{given:?}");
    for (weakness, _) in &given.missing {
        assert!(Weakness::ALL.contains(weakness));
    }
    let accept = given
        .missing
        .iter()
        .map(|(weakness, _)| *weakness)
        .collect();
    let off = adf::model::Bubblewrap::Off;
    assert_eq!(given.refusal(true, &accept, off), None);
}
