//! `init` → `validate-config` → `smoke --embedded` for every combination of flags.
//!
//! Each of the flags that change what is written is there or not, in all combinations, and of those
//! that have several values each goes with each provider. Where the forge is, is said by `--url`; a
//! checkout that says it is `init.rs`'s. Configs are checked once for each text that differs. A smoke
//! takes two seconds, so it is played once for each factory that differs in what it tries: not in forge,
//! state, CLI, key and schedule, for which smoke has its own.

use crate::site::{Said, Site, adf};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

type Flags = Vec<&'static str>;

/// Flags that may be there or not, each with the value that goes with it.
const THERE: [&[&str]; 9] = [
    &["--provider", "opencode"],
    &["--command", "/opt/clis/opencode"],
    &["--key-file", "/etc/keys/house"],
    &["--coordinator-model", "zai-coding-plan/glm-5"],
    &["--agents", "architect,developer,qa"],
    &["--review-gate", "qa"],
    &["--cron-schedule", "30 6 * * 1-5"],
    &["--unit", "UNIT"],
    &["--state-dir", "STATE"],
];
/// Other values: agents, coordinators, providers.
const AGENTS: [&str; 4] = [
    "developer",
    "reviewer,qa",
    "developer,reviewer,qa",
    "architect,developer,reviewer,security,qa",
];
const COORDINATORS: [&[&str]; 2] = [
    &["--coordinator-model", "opus"],
    &["--coordinator-model", "zai-coding-plan/glm-5"],
];
const PROVIDERS: [&str; 4] = ["claude", "codex", "opencode", "gemini"];
/// Lines of a config that smoke has its own of.
const REPLACED: [&str; 7] = [
    "url = ",
    "repo = ",
    "state_dir = ",
    "command = ",
    "key_file = ",
    "# key_credential",
    "cron",
];
/// Processes at once.
const AT_ONCE: usize = 6;

fn combinations() -> Vec<Flags> {
    let mut all = Vec::new();
    for mask in 0..1_usize << THERE.len() {
        let there = THERE.iter().enumerate();
        let there = there.filter(|(n, _)| mask >> n & 1 == 1);
        all.push(there.flat_map(|(_, flags)| flags.iter().copied()).collect());
    }
    for provider in PROVIDERS {
        let agents = AGENTS.iter().map(|agents| vec!["--agents", *agents]);
        let coordinators = COORDINATORS.iter().map(|flags| flags.to_vec());
        all.extend(
            agents
                .chain(coordinators)
                .map(|flags| [vec!["--provider", provider], flags].concat()),
        );
    }
    all
}

/// Refused, each with its reason: opencode names models by their provider, and codex cannot do
/// without running something.
fn is_refused(flags: &Flags) -> bool {
    let says = |name: &str| flags.contains(&name);
    let architect = flags.iter().any(|flag| flag.starts_with("architect,"));
    says("opencode") && says("opus") || says("codex") && architect
}

/// Does each piece of work, some at once.
fn each<T: Sync>(work: &[T], act: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((n, item)) = {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    work.get(n).map(|item| (n, item))
                } {
                    act(n, item);
                }
            });
        }
    });
}

/// All that was written below a folder, but tokens; places are left out.
fn written(dir: &Path, is_left_out: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(folder) = waiting.pop() {
        let mut inside: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
        inside.sort_by_key(std::fs::DirEntry::path);
        for entry in inside {
            let path = entry.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == "toml" || e == "md") {
                let file = std::fs::read_to_string(&path).unwrap();
                let lines = file.lines().filter(|line| !is_left_out(line));
                text.extend(lines.flat_map(|line| [line, "\n"]));
            }
        }
    }
    text.replace(dir.to_str().unwrap(), "")
}

fn init(dir: &Path, flags: &Flags) -> Said {
    let (unit, state) = (dir.join("of.service"), dir.join("elsewhere"));
    let mut args = vec![
        "init",
        "--project",
        "shop",
        "--repo",
        "acme/shop",
        "--apply",
    ];
    args.extend([
        "--dir",
        dir.to_str().unwrap(),
        "--url",
        "https://git.example.org/sub",
    ]);
    for flag in flags {
        args.push(match *flag {
            "UNIT" => unit.to_str().unwrap(),
            "STATE" => state.to_str().unwrap(),
            other => other,
        });
    }
    adf(&args)
}

#[test]
fn every_combination_of_flags_gives_a_factory_that_is_valid_and_works() {
    let site = Site::with_commit();
    let all = combinations();
    // By what was written: a folder that has it, and the flags that gave it.
    let texts: Mutex<BTreeMap<String, (usize, Flags)>> = Mutex::default();
    let folder = |n: usize| site.home.path().join(format!("etc-{n}"));
    each(&all, |n, flags| {
        let said = init(&folder(n), flags);
        if is_refused(flags) {
            assert!(matches!(said.code, Some(1 | 78)), "{flags:?}: {said:?}");
            assert!(!folder(n).exists(), "{flags:?}: half of it was written");
            return;
        }
        assert_eq!(said.code, Some(0), "{flags:?}: {said:?}");
        let text = written(&folder(n), |_| false);
        texts
            .lock()
            .unwrap()
            .entry(text)
            .or_insert((n, flags.clone()));
    });
    let distinct: Vec<(usize, Flags)> = texts.into_inner().unwrap().into_values().collect();
    let factories: Mutex<BTreeMap<String, (usize, Flags)>> = Mutex::default();
    each(&distinct, |_, (n, flags)| {
        let config = folder(*n).join("shop.toml");
        let said = adf(&["validate-config", "--strict", config.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{flags:?}: {said:?}");
        let is_replaced = |line: &str| REPLACED.iter().any(|key| line.starts_with(key));
        let text = written(&folder(*n), is_replaced);
        factories
            .lock()
            .unwrap()
            .entry(text)
            .or_insert((*n, flags.clone()));
    });
    let factories: Vec<(usize, Flags)> = factories.into_inner().unwrap().into_values().collect();
    println!(
        "{} combinations, {} configs, {} factories",
        all.len(),
        distinct.len(),
        factories.len()
    );
    assert!(distinct.len() > 200 && factories.len() > 20);
    each(&factories, |_, (n, flags)| {
        let config = folder(*n).join("shop.toml");
        let said = adf(&[
            "smoke",
            "--embedded",
            "--timeout",
            "2m",
            "--config",
            config.to_str().unwrap(),
        ]);
        assert_eq!(said.code, Some(0), "{flags:?}: {said:?}");
        // Who coordinates by itself is shown to; an agent that does must call another.
        let is_agents =
            flags.contains(&"--coordinator-model") || flags.contains(&"--cron-schedule");
        assert_eq!(
            said.out.contains("the coordinator chooses"),
            !is_agents,
            "{flags:?}: {said:?}"
        );
        assert_eq!(
            said.out.contains("the coordinator `coordinator` calls"),
            is_agents,
            "{flags:?}: {said:?}"
        );
    });
}

#[test]
fn what_smoke_would_find_on_the_day_it_finds_embedded() {
    let site = Site::with_commit();
    let flags = vec!["--agents", "developer"];
    let dir = site.dir();
    assert_eq!(init(&dir, &flags).code, Some(0));
    let config = site.config();
    let good = std::fs::read_to_string(&config).unwrap();
    for (more, word) in [
        // Its agent's walls, its agents, its roles.
        ("requires = [\"no-such-program\"]\n", "no-such-program"),
        ("paths = [\"nowhere/\"]\n", "without a pull request"),
    ] {
        let broken = good.replace(
            "tier = \"implementation\"\n",
            &format!("{more}tier = \"implementation\"\n"),
        );
        assert_ne!(broken, good);
        std::fs::write(&config, broken).unwrap();
        let said = adf(&[
            "smoke",
            "--embedded",
            "--timeout",
            "20s",
            "--config",
            config.to_str().unwrap(),
        ]);
        assert_eq!(said.code, Some(1), "{more}: {said:?}");
        assert!(said.err.contains(word), "{more}: {said:?}");
    }
}

#[test]
fn embedded_needs_nothing_that_the_config_names_and_tells_nobody_outside() {
    let site = Site::with_commit();
    let dir = site.dir();
    let flags = vec!["--command", "/nowhere/claude", "--key-file", "/nowhere/key"];
    assert_eq!(init(&dir, &flags).code, Some(0));
    let config = site.config();
    let more = "\n[webhook]\nlisten = \"127.0.0.1:1\"\nsecret_env = \"NOT_SET\"\n\
        [mentions]\nallow = [\"nobody\"]\n[delivery]\nbase = \"not-there\"\n\
        [notify.sinks.chat]\nkind = \"webhook\"\nurl_env = \"NOT_SET\"\nbody = '{\"text\": {{ text }}}'\n";
    let text = std::fs::read_to_string(&config).unwrap() + more;
    std::fs::write(&config, text).unwrap();
    std::fs::remove_file(dir.join("shop.token")).unwrap();
    let config = config.to_str().unwrap();
    let valid = adf(&["validate-config", "--strict", config]);
    assert_eq!(valid.code, Some(0), "{valid:?}");
    let said = adf(&["smoke", "--embedded", "--config", config]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        !dir.join("state").exists(),
        "it has made the project's state"
    );
}
