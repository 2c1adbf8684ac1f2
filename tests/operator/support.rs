//! A forge, a factory's folder and the executable, watched from outside.
//!
//! Invariant: waiting is for a condition with a bound; a daemon is killed with
//! its value, and its supervisors then end their agents.

use adf::sandbox::{
    Forge, ForgeOptions,
    demo_world::{self, DemoWorld},
};
use rustix::process::{Pid, Signal};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};

/// No condition in these tests takes longer on a slow machine.
const BOUND: Duration = Duration::from_secs(40);

/// Works until it is ended, with something to show for it.
pub const ENDLESS: &str = "echo more >> README.md; while :; do sleep 0.05; done";

/// A forge with the demo's world, and a factory of its repository.
pub struct Plant {
    pub forge: Forge,
    pub world: DemoWorld,
    pub dir: PathBuf,
    pub config: PathBuf,
    _home: TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl Plant {
    /// One whose agent runs this shell script; `more` is appended to the config.
    pub async fn new(script: &str, tick: &str, more: &str) -> Plant {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().canonicalize().unwrap();
        let forge = Forge::start(ForgeOptions::new(dir.join("forge"))).await;
        let forge = forge.unwrap();
        // Factories of one machine tell their runs apart by ids that come of the
        // forge's; worlds made alike would have their tests end each other's runs.
        for n in 0..fastrand::u32(1..2000) {
            forge.add_user(&format!("somebody{n}")).unwrap();
        }
        let world = demo_world::build(&forge).unwrap();
        let plant = Plant {
            forge,
            world,
            config: dir.join("adf.toml"),
            dir,
            _home: home,
        };
        let token = plant.dir.join("token");
        std::fs::write(&token, plant.world.bot.token.expose_secret()).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let script = serde_json::json!(["sh", "-c", script]);
        let mut config = String::new();
        write!(
            config,
            r#"[project]
name = "tally"
state_dir = "state"

[gitea]
url = "{}"
repo = "{}"
token_file = "token"
settle = "200ms"

[schedule]
tick = "{tick}"
mentions_every = 1

[[agents]]
name = "developer"
prompt = "Do it."
provider = "house"

[providers.house]
kind = "script"
command = {script}

[limits]
disk_free_bytes = 1048576
grace = "500ms"

[walls]
required = false
{more}"#,
            plant.forge.url(),
            plant.world.repo,
        )
        .unwrap();
        std::fs::write(plant.dir.join("adf.toml"), config).unwrap();
        plant
    }

    /// Changes the config on disk.
    pub fn edit(&self, from: &str, to: &str) {
        let path = &self.config;
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{from} is not in the config");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the shipped executable is what is tested"
    )]
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
        command
            .args(args)
            .arg("--config")
            .arg(&self.config)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("USER", "olga")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn adf(&self, args: &[&str]) -> Said {
        let output = timeout(BOUND, self.command(args).output()).await;
        let output = output.expect("a command that ends").unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the daemon and waits until it is ready.
    pub async fn run(&self, environment: &[(&str, &str)]) -> Daemon {
        self.start(&[], environment).await
    }

    /// As [`Plant::run`], with more arguments.
    pub async fn run_with(&self, more: &[&str]) -> Daemon {
        self.start(more, &[]).await
    }

    async fn start(&self, more: &[&str], environment: &[(&str, &str)]) -> Daemon {
        let mut command = self.command(&[&["run", "--log", "json"], more].concat());
        command.envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let heard = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                heard.lock().unwrap().push(line);
            }
        });
        let daemon = Daemon { child, said };
        daemon.until_said("\"ready\"").await;
        daemon
    }

    /// Comments of the factory under an issue.
    pub fn told(&self, issue: u64) -> Vec<String> {
        let all = self.forge.comments(&self.world.repo, issue).into_iter();
        all.filter(|c| c.author == self.world.bot.login)
            .map(|c| c.body)
            .collect()
    }

    /// Waits for a comment of the factory that says this.
    pub async fn until_told(&self, issue: u64, text: &str) -> String {
        let seen = || format!("`{text}` under #{issue}, but {:#?}", self.told(issue));
        until_or(seen, || {
            self.told(issue)
                .into_iter()
                .find(|body| body.contains(text))
        })
        .await
    }

    /// Asks for work on the bug and waits until its run works.
    pub async fn working(&self) -> String {
        let text = "@adf:developer please mend it";
        let (repo, bug) = (&self.world.repo, self.world.bug);
        self.forge.comment(repo, bug, "alice", text).unwrap();
        let told = self.until_told(bug, "working (attempt 1)").await;
        let (_, id) = told.split_once("task `").expect("the task is named");
        let id = id.split('`').next().unwrap_or_default().to_owned();
        // The agent works when it has done something, not when it was started.
        let edited = self.dir.join("state/work").join(&id).join("README.md");
        let has_edited = || {
            let text = std::fs::read_to_string(&edited).ok()?;
            text.contains("more").then_some(())
        };
        until("the agent's first edit", has_edited).await;
        id
    }
}

/// A running factory.
pub struct Daemon {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(Pid::from_raw).expect("it lives");
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until the log says this.
    pub async fn until_said(&self, text: &str) -> String {
        let all = || format!("`{text}` in the log, but {}", self.said());
        until_or(all, || {
            let said = self.said.lock().unwrap();
            said.iter().find(|line| line.contains(text)).cloned()
        })
        .await
    }

    /// All that it has said.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Ends it and waits.
    pub async fn stop(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        let ended = timeout(BOUND, self.child.wait()).await;
        ended.expect("it ends").unwrap().code()
    }

    /// Kills it and waits.
    pub async fn kill(&mut self) {
        let killed = timeout(BOUND, self.child.kill()).await;
        killed.expect("it ends").unwrap();
    }
}

/// Waits until a look finds what it looks for.
pub async fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_or(|| what.to_owned(), look).await
}

/// As [`until`]; `what` is asked for only when it never was.
async fn until_or<T>(what: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        let mut pace = interval(Duration::from_millis(20));
        loop {
            pace.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    };
    let found = timeout(BOUND, wait).await;
    found.unwrap_or_else(|_| panic!("never: {}", what()))
}
