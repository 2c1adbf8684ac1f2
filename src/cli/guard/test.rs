//! `adf guard test` and `adf guard rules`: what the guard would say of a command, and
//! by which rules.
//!
//! Invariant: looks up where it stands (folder, home, branch) and judges; it
//! runs nothing and changes nothing. The judgement itself is `guard::judge`.

use crate::cli::{FAILED, Format, OK, complain, say, say_json};
use crate::guard::{self, Denial, Explained, Input, Policy, Rule, Scene, Verdict};
use serde_json::{Value, json};
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

/// The longest line of `--jsonl`, in bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

const TEST_AFTER: &str = "Examples:
  adf guard test 'git push --force origin main'
  adf guard test --cwd crates/core 'rm -rf ../../target'
  adf guard test --jsonl < commands.jsonl

Exit codes: 0 allowed · 1 denied (with --jsonl: at least one line) · 2 wrong usage";

const RULES_AFTER: &str = "Examples:
  adf guard rules
  adf guard rules --format json | jq -r '.[].id'

Exit codes: 0 done · 2 wrong usage";

/// Say whether a command would be allowed, by which rule, and what to do instead
#[derive(Debug, clap::Args)]
#[command(after_help = TEST_AFTER)]
pub(super) struct Test {
    /// The shell text
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl")]
    command: Option<String>,
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
    /// The run's own temporary folder [default: $TMPDIR, if set]
    #[arg(long, value_name = "FOLDER")]
    tmp: Option<PathBuf>,
    /// The run's branch [default: the one that is checked out]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// As in a run whose walls keep its signals to itself, as they do where `[walls] required` holds
    #[arg(long)]
    signals_walled: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// List every rule with an example
#[derive(Debug, clap::Args)]
#[command(after_help = RULES_AFTER)]
pub(super) struct Rules {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The scene's values, owned.
struct Place {
    cwd: String,
    worktree: String,
    home: String,
    tmp: String,
    branch: String,
    signals_walled: bool,
}

pub(super) fn test(args: &Test) -> u8 {
    let place = match place(args) {
        Ok(place) => place,
        Err(error) => {
            complain(&error);
            return FAILED;
        }
    };
    if args.jsonl {
        return lines(&place);
    }
    let text = args.command.as_deref().unwrap_or_default();
    let explained = judged(text, &place, &place.cwd, &place.branch);
    match args.format {
        Format::Json => say_json(&as_json(text, &explained)),
        Format::Human => say(&as_text(&explained)),
    }
    u8::from(!explained.verdict.is_allow())
}

fn judged(text: &str, place: &Place, cwd: &str, branch: &str) -> Explained {
    let scene = Scene {
        cwd,
        worktree: &place.worktree,
        home: &place.home,
        tmp: &place.tmp,
        branch,
        signals_walled: place.signals_walled,
        resolve: Some(&real),
    };
    guard::explain(Input::Shell(text), &scene, &Policy::default())
}

/// A path with its links followed, as far as it exists.
pub(super) fn real(path: &str) -> Option<String> {
    let mut missing = Vec::new();
    let mut at = Path::new(path);
    loop {
        if let Ok(found) = at.canonicalize() {
            let whole = missing
                .iter()
                .rev()
                .fold(found, |whole, name| whole.join(name));
            return Some(whole.to_string_lossy().into_owned());
        }
        missing.push(at.file_name()?);
        at = at.parent()?;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a command would run is asked of the environment, here in `cli`"
)]
fn place(args: &Test) -> Result<Place, String> {
    let here = std::env::current_dir()
        .map_err(|error| format!("the working directory cannot be read: {error}"))?;
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
    let branch = args.branch.clone().or_else(|| checked_out(&worktree));
    Ok(Place {
        home: from(&args.home, "HOME"),
        tmp: from(&args.tmp, "TMPDIR"),
        branch: branch.unwrap_or_default(),
        signals_walled: args.signals_walled,
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

/// Judges every line of stdin.
fn lines(place: &Place) -> u8 {
    let mut input = std::io::stdin().lock();
    let mut denied = false;
    loop {
        let mut line = Vec::new();
        let read = (&mut input)
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line);
        match read {
            Ok(0) => return u8::from(denied),
            Ok(_) => {}
            Err(error) => {
                complain(&format!("stdin cannot be read: {error}"));
                return FAILED;
            }
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = line_verdict(&line, place);
        denied |= answer["verdict"] == "deny";
        if writeln!(std::io::stdout().lock(), "{answer}").is_err() {
            return OK;
        }
    }
}

fn line_verdict(line: &[u8], place: &Place) -> Value {
    let value: Option<Value> = serde_json::from_slice(line).ok();
    let command = value.as_ref().and_then(|v| v["command"].as_str());
    let (Some(value), Some(command)) = (&value, command) else {
        return json!({
            "command": null, "verdict": "deny", "rule": "input.invalid",
            "reason": "the line is no JSON object with a text under `command`, or is longer than 1 MiB",
            "instead": "write one {\"command\":\"…\"} a line, in UTF-8",
        });
    };
    let text = |key: &str, other: &str| value[key].as_str().unwrap_or(other).to_owned();
    let explained = judged(
        command,
        place,
        &text("cwd", &place.cwd),
        &text("branch", &place.branch),
    );
    as_json(command, &explained)
}

fn as_json(command: &str, explained: &Explained) -> Value {
    let mut value = json!({ "command": command, "verdict": explained.verdict.word() });
    if let Verdict::Deny(denial) = &explained.verdict {
        value["rule"] = json!(denial.rule);
        value["reason"] = json!(denial.reason);
        value["instead"] = json!(denial.instead);
        value["safer"] = json!(denial.safer);
        value["destroys"] = json!(denial.destroys);
        value["parsed"] = json!(denial.parsed);
    } else {
        value["parsed"] = json!(explained.commands);
    }
    value
}

fn as_text(explained: &Explained) -> String {
    let mut rows: Vec<(&str, String)> = vec![("verdict", explained.verdict.word().to_owned())];
    match &explained.verdict {
        Verdict::Allow => {
            for command in &explained.commands {
                rows.push(("command", command.clone()));
            }
        }
        Verdict::Deny(denial) => rows.extend(denied(denial)),
    }
    let lines: Vec<String> = rows
        .iter()
        .map(|(name, text)| format!("{name:<9} {text}"))
        .collect();
    lines.join("\n")
}

fn denied(denial: &Denial) -> Vec<(&'static str, String)> {
    let what = guard::rules()
        .find(|rule| rule.id == denial.rule)
        .map_or("", |rule| rule.what);
    let mut rows = vec![
        ("rule", format!("{}: {what}", denial.rule)),
        ("command", denial.parsed.clone()),
        ("destroys", denial.destroys.clone()),
        ("why", denial.reason.clone()),
        ("instead", denial.instead.clone()),
    ];
    rows.extend(denial.safer.clone().map(|safer| ("safer", safer)));
    rows.retain(|(_, text)| !text.is_empty());
    rows
}

pub(super) fn rules(args: &Rules) -> u8 {
    match args.format {
        Format::Json => say_json(&guard::rules().map(rule_json).collect()),
        Format::Human => {
            let all: Vec<String> = guard::rules().map(rule_text).collect();
            say(&all.join("\n\n"));
        }
    }
    OK
}

fn rule_json(rule: &Rule) -> Value {
    json!({
        "id": rule.id, "what": rule.what, "reason": rule.reason, "instead": rule.instead,
        "safer": rule.safer, "denied": rule.deny, "allowed": rule.allow,
    })
}

fn rule_text(rule: &Rule) -> String {
    let example = |examples: &[&str]| {
        examples
            .first()
            .map_or(String::new(), |e| e.replace('\n', "⏎"))
    };
    format!(
        "{}\n  denies   {}\n  why      {}\n  instead  {}\n  denied   {}\n  allowed  {}",
        rule.id,
        rule.what,
        rule.reason,
        rule.instead,
        example(rule.deny),
        example(rule.allow)
    )
}
