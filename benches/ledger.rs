//! What a long life costs: a ledger of 100,000 runs, made by the store's own code, and
//! the commands that an operator waits for.
//!
//! `cargo bench --bench ledger` prints each figure beside its target and fails when one
//! is missed; `ADF_BENCH_RUNS` makes another number of runs, and `cargo bench --profile
//! dev --bench ledger` measures the debug build, which misses by nature.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench is a stopwatch that prints, and stops where it cannot go on"
)]

use adf::clock::Clock;
use adf::mention::{branch, task_id};
use adf::model::*;
use adf::sandbox::{Forge, ForgeOptions, demo_world};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs in the ledger.
const RUNS: u64 = 100_000;
/// Runs written in one batch.
const BATCH: u64 = 200;
/// How often a quick command is measured; the best counts, for whatever else the machine
/// does only adds.
const ROUNDS: usize = 15;
/// The moment of the first run.
const BEGAN: i64 = 1_700_000_000_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let home = tempfile::tempdir().expect("a folder");
    let asked = std::env::var("ADF_BENCH_RUNS").ok();
    let runs = asked.map_or(RUNS, |text| text.parse().expect("a number of runs"));
    let place = runtime.block_on(Place::new(home.path()));
    let took = timed(|| runtime.block_on(place.fill(runs)));
    let length = std::fs::metadata(place.state().join("ledger.db"))
        .unwrap()
        .len();
    println!(
        "{runs} runs written in {took:.1?}: a ledger of {} MB",
        length / 1_000_000
    );
    let mut missed = 0;
    let mut row = |what: &str, took: Duration, target: Duration| {
        let verdict = if took < target { "ok" } else { "MISSED" };
        missed += usize::from(took >= target);
        println!("{what:<44} {took:>10.1?}  target {target:<8?} {verdict}");
    };
    let ms = Duration::from_millis;
    let best = |args: &[&str]| (0..ROUNDS).map(|_| place.adf(args)).min().unwrap();
    row("adf --help", best(&["--help"]), ms(10));
    row(
        "adf status",
        best(&["status", "--config", place.config()]),
        ms(50),
    );
    let json = ["status", "--format", "json", "--config", place.config()];
    row("adf status --format json", best(&json), ms(50));
    let doctor = ["doctor", "--no-probes", "--config", place.config()];
    row("adf doctor --no-probes", place.adf(&doctor), ms(3_000));
    let backup = home.path().join("whole.tar.gz");
    let backup = backup.to_str().unwrap();
    let took = place.adf(&["backup", backup, "--config", place.config()]);
    row("adf backup", took, ms(30_000));
    let there = home.path().join("there/shop.toml");
    let there = there.to_str().unwrap();
    row(
        "adf restore",
        place.adf(&["restore", backup, "--config", there]),
        ms(10_000),
    );
    std::process::exit(i32::from(missed > 0));
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

/// A project on an embedded forge.
struct Place {
    _forge: Forge,
    dir: PathBuf,
    config: String,
}

impl Place {
    async fn new(home: &Path) -> Place {
        let mut options = ForgeOptions::new(home.join("forge"));
        options.clock = Clock::System;
        let forge = Forge::start(options).await.expect("a forge");
        let world = demo_world::build(&forge).expect("a world");
        let dir = home.join("here");
        std::fs::create_dir(&dir).unwrap();
        let config = dir.join("shop.toml");
        let text = format!(
            "[project]\nname = \"shop\"\nstate_dir = \"state\"\n\
             [gitea]\nurl = \"{}\"\nrepo = \"{}\"\ntoken_file = \"token\"\n\
             [limits]\ndisk_free_bytes = 67108864\n\
             [[agents]]\nname = \"developer\"\nprovider = \"house\"\n\
             [providers.house]\nkind = \"script\"\ncommand = [\"/bin/sh\"]\n",
            forge.url(),
            world.repo,
        );
        std::fs::write(&config, text).unwrap();
        let token = dir.join("token");
        std::fs::write(&token, world.bot.token.expose_secret()).unwrap();
        std::fs::set_permissions(&token, PermissionsExt::from_mode(0o600)).unwrap();
        Place {
            _forge: forge,
            config: config.to_str().unwrap().to_owned(),
            dir,
        }
    }

    fn config(&self) -> &str {
        &self.config
    }

    fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    /// How long a command takes that ends well.
    fn adf(&self, args: &[&str]) -> Duration {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
        command.args(args).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let output = command.output().expect("it starts");
        let took = began.elapsed();
        assert!(output.status.success(), "{args:?}: {output:?}");
        took
    }

    /// Writes `runs` runs, each of a task of its own with all that it leaves behind.
    async fn fill(&self, runs: u64) {
        let opened = adf::store::open(&self.state(), Clock::System).expect("a ledger");
        adf::store::marker_key(&self.state().join("marker.key")).expect("a key");
        drop(opened.committed);
        for first in (0..runs).step_by(usize::try_from(BATCH).unwrap()) {
            let batch = (first..(first + BATCH).min(runs)).flat_map(|n| life(n, runs));
            opened
                .ledger
                .commit(batch.collect())
                .await
                .expect("a batch");
        }
        opened.ledger.close().await.expect("a close");
    }
}

const WORDS: &str = "please mend the sum of the list, which leaves its last item out";

fn alice() -> Person {
    Person {
        id: 5,
        login: "alice".to_owned(),
    }
}

/// The rows of one task's whole life; the last few are not over.
fn life(n: u64, runs: u64) -> Vec<Change> {
    let at = Time(BEGAN + i64::try_from(n).unwrap() * 60_000);
    let (passage, mention) = mention(n, at);
    let task = task(n, at, &mention, n + 20 < runs);
    let run = run(n, at, &task);
    let effects = if task.state == TaskState::Done {
        effects(n, at, &task)
    } else {
        Vec::new()
    };
    let facts = [Change::Passage(passage), Change::Mention(mention)];
    let rows = [Change::Task(task), Change::Run(run)];
    facts.into_iter().chain(rows).chain(effects).collect()
}

fn mention(n: u64, at: Time) -> (Passage, Mention) {
    let issue = n % 20_000 + 1;
    let key = PassageKey {
        kind: PassageKind::Comment,
        id: i64::try_from(n).unwrap() + 1,
    };
    let target = Target::Agent {
        project: None,
        agent: AgentName::from("developer"),
    };
    let id = adf::mention::mention_id(key, &target, 1, None);
    let passage = Passage {
        key,
        version: 1,
        issue,
        author: alice(),
        created_at: at,
        updated_at: at,
        seen_at: at,
        body: format!("@adf:developer {WORDS}"),
    };
    let mention = Mention {
        task: task_id(RepoId(1), &id),
        id,
        passage: key,
        version: 1,
        issue,
        target,
        instruction: WORDS.to_owned(),
        author: alice(),
        own_account: false,
        edited_in: false,
        replaces: None,
        older: false,
        written_at: at,
        state: MentionState::Accepted,
    };
    (passage, mention)
}

fn task(n: u64, at: Time, mention: &Mention, is_over: bool) -> Task {
    let agent = AgentName::from("developer");
    let (repo, issue, id) = (RepoId(1), mention.issue, mention.task.clone());
    Task {
        work: WorkKey { repo, issue },
        origin: mention.id.clone(),
        instruction: WORDS.to_owned(),
        requester: alice(),
        chain: Vec::new(),
        branch: branch(issue, &agent, &id),
        state: if is_over {
            TaskState::Done
        } else {
            TaskState::Queued
        },
        note: "exit 0, 1 commit(s)".to_owned(),
        not_before: at,
        strikes: 0,
        pushed: Some(Sha::from("c".repeat(40).as_str())),
        pull: Some(n + 1),
        answer: None,
        adopted: false,
        created_at: at,
        changed_at: at,
        id,
        agent,
    }
}

fn run(n: u64, at: Time, task: &Task) -> Run {
    let mut outcome = Outcome::without_work(Exit::Code(0), task.note.clone());
    outcome.work = Some(Work {
        base: Sha::from("b".repeat(40).as_str()),
        head: Sha::from("c".repeat(40).as_str()),
        commits: 1,
        paths: vec!["src/lib.rs".to_owned()],
        paths_total: 1,
        lines: (3, 1),
        uncommitted: false,
        protected: Vec::new(),
    });
    Run {
        id: RunId::of(&task.id, 1),
        task: task.id.clone(),
        work: task.work,
        attempt: 1,
        lease: n / 20_000 + 1,
        agent: task.agent.clone(),
        provider: "house".to_owned(),
        model: None,
        routed: None,
        base: Some(Sha::from("b".repeat(40).as_str())),
        process: None,
        created_at: at,
        state: RunState::Ended { at, outcome },
    }
}

fn effects(n: u64, at: Time, task: &Task) -> Vec<Change> {
    let body = format!("`developer` has taken this up: {WORDS}");
    let comment = EffectResult::Comment(i64::try_from(n).unwrap() + 1);
    let (run, head) = (RunId::of(&task.id, 1), Sha::from("c".repeat(40).as_str()));
    let push = EffectKind::Push {
        branch: task.branch.clone(),
        head: head.clone(),
        expect: None,
        adopted: false,
    };
    let accept = EffectKind::Accept { body: body.clone() };
    let kinds = [
        ("accept", accept, comment.clone()),
        ("spawn", EffectKind::Spawn { run }, EffectResult::Nothing),
        ("push", push, EffectResult::Pushed(head)),
        ("result", EffectKind::Result { body }, comment),
        (
            "sweep",
            EffectKind::Sweep { workspace: true },
            EffectResult::Nothing,
        ),
    ];
    let effects = kinds.into_iter().map(|(word, kind, result)| {
        Change::Effect(Effect {
            key: EffectKey(format!("{word}:{}", task.id)),
            task: Some(task.id.clone()),
            issue: task.work.issue,
            kind,
            lease: 0,
            tries: 1,
            state: EffectState::Done { result },
            created_at: at.plus(Duration::from_secs(1)),
        })
    });
    effects.collect()
}
