//! A factory's config, and the executable as its operator runs it.
//!
//! Invariant: a child sees only the environment given here, and is killed with
//! its value; its supervisors see that and end their agents.

use crate::plant::{BOUND, Plant, until};
use rustix::process::{Pid, Signal};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

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

/// The executable with nothing of this process's environment but `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable is what is tested"
)]
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub async fn ended(mut command: Command) -> Said {
    let output = timeout(BOUND, command.output()).await;
    let output = output.expect("a command that ends").unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the executable to its end.
pub async fn adf(args: &[&str]) -> Said {
    ended(command(args)).await
}

/// A factory's folder: its config, its token, its state.
pub struct Factory {
    pub dir: PathBuf,
    pub config: PathBuf,
}

impl Factory {
    /// One whose agent plays a scenario.
    pub fn scripted(plant: &Plant, scenario: &str) -> Factory {
        let argv = [env!("CARGO_BIN_EXE_adf"), "__scripted-agent", scenario];
        Factory::new(plant, "factory", &argv)
    }

    /// One whose agent is a shell script. It may use the folder `GATE`.
    pub fn shell(plant: &Plant, script: &str) -> Factory {
        let gate = plant.path("factory/gate");
        let script = script.replace("GATE", gate.to_str().unwrap());
        Factory::new(plant, "factory", &["/bin/sh", "-c", &script])
    }

    pub fn new(plant: &Plant, name: &str, agent: &[&str]) -> Factory {
        let dir = plant.path(name);
        std::fs::create_dir_all(dir.join("gate")).unwrap();
        let config = dir.join("adf.toml");
        let text = format!(
            "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\n\
             [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\n\
             [schedule]\ntick = \"1s\"\nmentions_every = 1\n\n\
             [limits]\ngrace = \"2s\"\n\n\
             [walls]\nread = [\"gate\"]\nwrite = [\"gate\"]\n\n\
             [[agents]]\nname = \"developer\"\nprovider = \"scripted\"\n\n\
             [providers.scripted]\nkind = \"script\"\ncommand = {agent:?}\n",
            url = plant.forge.url(),
            repo = plant.world.repo,
        );
        std::fs::write(&config, text).unwrap();
        let factory = Factory { dir, config };
        factory.token(plant.world.bot.token.expose_secret());
        factory
    }

    /// Writes another token.
    pub fn token(&self, text: &str) {
        let path = self.dir.join("token");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// Changes the config.
    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        std::fs::write(&self.config, text.replace(from, to)).unwrap();
    }

    pub fn state(&self) -> PathBuf {
        self.dir.join("state")
    }

    pub fn gate(&self, name: &str) -> PathBuf {
        self.dir.join("gate").join(name)
    }

    /// Opens the gate of that name.
    pub fn open(&self, name: &str) {
        std::fs::write(self.gate(name), "").unwrap();
    }

    /// Runs a command of this factory to its end.
    pub async fn adf(&self, args: &[&str]) -> Said {
        let config = self.config.to_str().unwrap();
        adf(&[args, &["--config", config]].concat()).await
    }

    /// Starts the daemon.
    pub fn start(&self) -> Daemon {
        let config = self.config.to_str().unwrap();
        Daemon::of(command(&["run", "--config", config]))
    }

    /// Starts the daemon with more in its environment.
    pub fn start_with(&self, variables: &[(&str, &str)]) -> Daemon {
        let config = self.config.to_str().unwrap();
        let mut command = command(&["run", "--config", config]);
        command.envs(variables.iter().copied());
        Daemon::of(command)
    }

    /// Starts the daemon; a new ledger listens from that moment on.
    pub fn start_since(&self, since: &str) -> Daemon {
        let config = self.config.to_str().unwrap();
        Daemon::of(command(&["run", "--config", config, "--since", since]))
    }

    /// Starts the daemon and waits until it is ready.
    pub async fn run(&self) -> Daemon {
        let daemon = self.start();
        daemon.until_said("\"ready\"").await;
        daemon
    }
}

/// A running `adf run` and what it logs.
pub struct Daemon {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    fn of(mut command: Command) -> Daemon {
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let kept = lines.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                kept.lock().unwrap().push(line);
            }
        });
        Daemon { child, lines }
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("it runs")).unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its log so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Its log as events; a line that is no JSON fails.
    pub fn events(&self) -> Vec<Value> {
        let parse = |line: &String| {
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in log line {line}"))
        };
        self.lines().iter().map(parse).collect()
    }

    /// Waits for a line that holds this text and gives it.
    pub async fn until_said(&self, text: &str) -> String {
        let mut seen = 0;
        let what = format!("a log line with {text}");
        let found = until(&what, || {
            let lines = self.lines.lock().unwrap();
            let new = lines.get(seen..).unwrap_or_default();
            seen += new.len();
            new.iter().find(|line| line.contains(text)).cloned()
        });
        found.await
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end; `None` when a signal ended it.
    pub async fn ended(&mut self) -> Option<i32> {
        let status = timeout(BOUND, self.child.wait()).await;
        status.expect("the daemon ends").unwrap().code()
    }

    /// Asks it to stop and waits for its end.
    pub async fn stop(&mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Kills it where it stands.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Shows the log of a daemon whose test fails.
impl Drop for Daemon {
    #[expect(clippy::print_stderr, reason = "a failed test shows why")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.lines().join("\n"));
        }
    }
}

/// Processes that have this text among their arguments.
pub fn processes_with(text: &str) -> Vec<i32> {
    let pids = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<i32>().ok()
    });
    pids.filter(|pid| {
        let line = std::fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline"));
        String::from_utf8_lossy(&line.unwrap_or_default()).contains(text)
    })
    .collect()
}
