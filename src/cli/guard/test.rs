//! `adf guard test`: what the guard would say of a command.
//!
//! Invariant: looks up where it stands (folder, home, branch, the config's own
//! denials and exceptions) and judges as in a run; it runs nothing and changes
//! nothing. The judgement itself is `guard::judge`; `answer` writes it down.

use super::answer;
use crate::cli::{Format, USAGE, complain, load, say, say_json};
use crate::clock::Clock;
use crate::guard::{self, Explained, Input, Policy, Scene};
use crate::model::Weakness;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The temporary folder of a scene that names none; as in a run it is below no other.
const TMP: &str = "/tmp/adf-guard-test";

const TEST_AFTER: &str = "Examples:
  adf guard test 'git push --force origin main'
  adf guard test --cwd crates/core 'rm -rf ../../target'
  adf guard test --config /etc/adf/shop.toml --agent developer 'make release'
  adf guard test --jsonl < commands.jsonl

A line of --jsonl may name its own `cwd` and `branch`; empty lines have no answer.

Exit codes: 0 allowed · 1 denied (with --jsonl: at least one line) · 2 wrong usage, or stdin or
stdout failed · 78 the config has faults";

/// Say whether a command would be allowed, by which rule, and what to do instead
#[derive(Debug, clap::Args)]
#[command(after_help = TEST_AFTER)]
pub(super) struct Test {
    /// The shell text
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl")]
    command: Option<OsString>,
    /// Judge with the denials and exceptions of this config as well
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Whose exceptions hold [default: nobody's]
    #[arg(long, value_name = "NAME", requires = "config")]
    agent: Option<String>,
    /// Read {"command":…} lines from stdin, write verdicts as lines
    #[arg(long)]
    jsonl: bool,
    /// Where it would run [default: this folder]
    #[arg(long, value_name = "FOLDER")]
    cwd: Option<PathBuf>,
    /// The run's own clone [default: the repository around the folder, or the folder]
    #[arg(long, value_name = "FOLDER")]
    worktree: Option<PathBuf>,
    /// The agent's home [default: yours]
    #[arg(long, value_name = "FOLDER")]
    home: Option<PathBuf>,
    /// The run's own temporary folder [default: $TMPDIR, or one that is made up]
    #[arg(long, value_name = "FOLDER")]
    tmp: Option<PathBuf>,
    /// The run's branch [default: the one that is checked out]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// As in a run whose walls cannot keep its signals to itself [default: they do, or as the config says]
    #[arg(long)]
    signals_free: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The scene's values, owned.
pub(super) struct Place {
    pub(super) cwd: String,
    worktree: String,
    home: String,
    tmp: String,
    pub(super) branch: String,
    signals_walled: bool,
    policy: Policy,
}

pub(super) fn test(args: &Test) -> u8 {
    let place = match place(args) {
        Ok(place) => place,
        Err(code) => return code,
    };
    if args.jsonl {
        return answer::lines(&place);
    }
    let command = args.command.clone().unwrap_or_default();
    let text = command.to_string_lossy().into_owned();
    let explained = match command.to_str() {
        Some(text) => place.judged(text, &place.cwd, &place.branch),
        None => answer::invalid("it is not UTF-8"),
    };
    match args.format {
        Format::Json => say_json(&answer::as_json(Some(&text), &explained)),
        Format::Human => say(&answer::as_text(&explained)),
    }
    u8::from(!explained.verdict.is_allow())
}

impl Place {
    /// What the guard says of a text.
    pub(super) fn judged(&self, text: &str, cwd: &str, branch: &str) -> Explained {
        if text.trim().is_empty() {
            return answer::invalid("the command is empty");
        }
        let scene = Scene {
            cwd,
            worktree: &self.worktree,
            home: &self.home,
            tmp: &self.tmp,
            branch,
            signals_walled: self.signals_walled,
            resolve: Some(&real),
        };
        guard::explain(Input::Shell(text), &scene, &self.policy)
    }
}

/// What a config adds, and whether its walls keep signals in.
fn policy(args: &Test) -> Result<(Policy, bool), u8> {
    let Some(path) = &args.config else {
        return Ok((Policy::default(), true));
    };
    let settings = load(path)?.settings;
    if let Some(agent) = &args.agent
        && !settings.agents.keys().any(|name| name.as_str() == agent)
    {
        let names: Vec<&str> = settings.agents.keys().map(|name| name.as_str()).collect();
        let names = names.join(", ");
        complain(&format!(
            "there is no agent `{agent}` in {}; it has {names}",
            path.display()
        ));
        return Err(USAGE);
    }
    let holds = |name: &str| args.agent.as_deref() == Some(name);
    let allow = settings.guard.allow.iter();
    let policy = Policy {
        denials: settings.guard.deny.clone(),
        allowances: allow.filter(|a| holds(a.agent.as_str())).cloned().collect(),
        now: Clock::System.now(),
    };
    let walls = &settings.walls;
    let keeps = walls.required && !walls.accept.contains(&Weakness::NoScope);
    Ok((policy, keeps))
}

/// How many links to what is not there are followed, as the system does.
const LINKS_MAX: usize = 40;

/// A path with its links followed, as far as it exists: a link to what is not there leads to
/// where a write would make it.
pub(super) fn real(path: &str) -> Option<String> {
    let mut missing: Vec<OsString> = Vec::new();
    let mut at = PathBuf::from(path);
    let mut links = 0;
    loop {
        if let Ok(found) = at.canonicalize() {
            let whole = missing
                .iter()
                .rev()
                .fold(found, |whole, name| whole.join(name));
            return Some(whole.to_string_lossy().into_owned());
        }
        if let Ok(to) = at.read_link()
            && links < LINKS_MAX
        {
            links += 1;
            at = at.parent()?.join(to);
            continue;
        }
        missing.push(at.file_name()?.to_owned());
        at.pop();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a command would run is asked of the environment, here in `cli`"
)]
fn place(args: &Test) -> Result<Place, u8> {
    let (policy, signals_walled) = policy(args)?;
    let here = std::env::current_dir().map_err(|error| {
        complain(&format!("the working directory cannot be read: {error}"));
        USAGE
    })?;
    let text = |path: PathBuf| {
        let whole = here.join(path).to_string_lossy().into_owned();
        real(&whole).unwrap_or(whole)
    };
    let cwd = text(args.cwd.clone().unwrap_or_default());
    let worktree = match &args.worktree {
        Some(worktree) => text(worktree.clone()),
        None => repository(&cwd).unwrap_or_else(|| cwd.clone()),
    };
    let from = |given: &Option<PathBuf>, variable: &str| {
        let set = std::env::var(variable).ok().filter(|v| !v.is_empty());
        let given = given.clone().or(set.map(PathBuf::from));
        given.map(text).unwrap_or_default()
    };
    let tmp = Some(from(&args.tmp, "TMPDIR")).filter(|tmp| !tmp.is_empty());
    let branch = args.branch.clone().or_else(|| checked_out(&worktree));
    Ok(Place {
        home: from(&args.home, "HOME"),
        tmp: tmp.unwrap_or_else(|| TMP.to_owned()),
        branch: branch.unwrap_or_default(),
        signals_walled: signals_walled && !args.signals_free,
        policy,
        cwd,
        worktree,
    })
}

/// The folder around this one that holds a repository.
fn repository(folder: &str) -> Option<String> {
    let mut folders = Path::new(folder).ancestors();
    let root = folders.find(|folder| folder.join(".git").exists())?;
    Some(root.to_string_lossy().into_owned())
}

fn checked_out(worktree: &str) -> Option<String> {
    let head = std::fs::read_to_string(Path::new(worktree).join(".git/HEAD")).ok()?;
    Some(head.trim().strip_prefix("ref: refs/heads/")?.to_owned())
}
