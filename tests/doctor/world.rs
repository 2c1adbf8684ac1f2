//! A forge, a config that is well, and the executable that examines it.
//!
//! Invariant: the child sees only `PATH`; a row's world is its own.

use adf::clock::Clock;
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Forge, ForgeOptions, Permission};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// No examination takes longer on a slow machine.
const BOUND: Duration = Duration::from_secs(120);

/// One world.
pub struct World {
    pub forge: Forge,
    pub world: DemoWorld,
    _home: TempDir,
    pub config: PathBuf,
    /// More arguments.
    pub args: Vec<String>,
}

/// A world with one fault, and what must be said of it.
pub struct Row {
    pub name: &'static str,
    pub spoil: fn(&mut World),
    /// Name, severity, words of finding or remedy.
    pub says: (&'static str, &'static str, &'static [&'static str]),
    pub exit: i32,
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

    /// The checks of this name.
    pub fn checks(&self, name: &str) -> Vec<Value> {
        let report = self.json();
        let all = report["checks"].as_array().expect("checks").iter();
        all.filter(|check| check["name"] == name).cloned().collect()
    }
}

impl World {
    pub async fn new() -> World {
        World::with(|_| {}).await
    }

    /// One whose forge is of another kind.
    pub async fn with(change: impl FnOnce(&mut ForgeOptions)) -> World {
        let home = tempfile::tempdir().unwrap();
        let mut options = ForgeOptions::new(home.path().join("forge"));
        options.clock = Clock::System;
        change(&mut options);
        let forge = Forge::start(options).await.unwrap();
        let world = demo_world::build(&forge).unwrap();
        for label in ["adf", "adf:needs-human"] {
            forge.add_label(&world.repo, None, label).unwrap();
        }
        let dir = home.path().canonicalize().unwrap().join("etc");
        std::fs::create_dir(&dir).unwrap();
        let config = dir.join("shop.toml");
        let text = format!(
            "[project]\nname = \"shop\"\nstate_dir = \"../state\"\n\n\
             [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\n\n\
             [limits]\ndisk_free_bytes = 67108864\n\n\
             [[agents]]\nname = \"developer\"\nprovider = \"house\"\n\n\
             [providers.house]\nkind = \"script\"\ncommand = [\"/bin/sh\"]\n",
            url = forge.url(),
            repo = world.repo,
        );
        std::fs::write(&config, text).unwrap();
        let world = World {
            forge,
            world,
            _home: home,
            config,
            args: Vec::new(),
        };
        world.token(world.world.bot.token.expose_secret());
        world
    }

    pub fn dir(&self) -> &Path {
        self.config.parent().unwrap()
    }

    pub fn state(&self) -> PathBuf {
        self.dir().parent().unwrap().join("state")
    }

    /// Writes a file beside the config, for its owner alone.
    pub fn put(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.dir().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        path
    }

    pub fn token(&self, text: &str) {
        self.put("token", text, 0o600);
    }

    /// Changes the config.
    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        std::fs::write(&self.config, text.replace(from, to)).unwrap();
    }

    /// Adds to the config.
    pub fn add(&self, more: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        std::fs::write(&self.config, format!("{text}\n{more}")).unwrap();
    }

    /// Gives the factory's account a right.
    pub fn right(&self, right: Permission) {
        let repo = &self.world.repo;
        self.forge.add_collaborator(repo, "adf", right).unwrap();
    }

    /// A webhook in the config.
    pub fn webhook(&self) {
        self.put("secret", "0123456789abcdef0123456789abcdef", 0o600);
        self.add("[webhook]\nlisten = \"127.0.0.1:8137\"\nsecret_file = \"secret\"\n");
    }

    /// A ledger in the state, closed.
    pub fn ledger(&self) {
        let opened = adf::store::open(&self.state(), Clock::System).unwrap();
        adf::store::marker_key(&self.state().join("marker.key")).unwrap();
        drop(opened);
        // The writer thread closes it in its own time; taking the lock waits for that.
        let lock = std::fs::File::open(self.state().join("lock")).unwrap();
        lock.lock().unwrap();
    }

    /// Examines it, as a script would.
    pub async fn doctor(&self, more: &[&str]) -> Said {
        let config = self.config.to_str().unwrap();
        let mut args = vec!["doctor", "--config", config];
        args.extend(self.args.iter().map(String::as_str));
        args.extend(more);
        adf(&args).await
    }
}

/// Runs the executable to its end.
#[expect(
    clippy::disallowed_methods,
    reason = "the shipped executable is what is tested"
)]
pub async fn adf(args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adf"));
    command
        .args(args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = timeout(BOUND, command.output()).await;
    let output = output.expect("a command that ends").unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Plays each row in a world of its own; `more` are arguments of all.
pub async fn play(rows: &[Row], more: &[&str]) {
    let mut faults = Vec::new();
    for row in rows {
        let mut world = World::new().await;
        (row.spoil)(&mut world);
        let outcome = outcome(row, &world, more).await;
        faults.extend(outcome.err());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Holds a world against its row.
pub async fn judge(row: &Row, world: &World, more: &[&str]) {
    outcome(row, world, more)
        .await
        .unwrap_or_else(|why| panic!("{why}"));
}

async fn outcome(row: &Row, world: &World, more: &[&str]) -> Result<(), String> {
    let said = world.doctor(&[&["--format", "json"], more].concat()).await;
    let (name, severity, words) = row.says;
    let fits = |check: &&Value| {
        let text = format!("{} {}", check["found"], check["remedy"]);
        check["severity"] == severity && words.iter().all(|word| text.contains(word))
    };
    let report = said.json();
    let checks = report["checks"].as_array().unwrap();
    let bad: Vec<&Value> = checks
        .iter()
        .filter(|check| ["warning", "error"].contains(&check["severity"].as_str().unwrap()))
        .collect();
    let fault = |what: String| Err(format!("{}: {what}; bad: {bad:?}", row.name));
    let found = said.checks(name);
    if !found.iter().any(|check| fits(&check)) {
        return fault(format!("no {severity} `{name}` with {words:?}: {found:?}"));
    }
    if said.code != Some(row.exit) {
        return fault(format!("exit {:?}, not {}", said.code, row.exit));
    }
    if said.out.contains(world.world.bot.token.expose_secret()) {
        return fault("the token is shown".to_owned());
    }
    match bad.iter().find(|check| !check["remedy"].is_string()) {
        Some(check) => fault(format!("no remedy: {check}")),
        None => Ok(()),
    }
}
