//! A judgement, written down: for people, as JSON, and a line for each line of stdin.
//!
//! Invariant: each line of stdin that is not empty has one line of answer, with the
//! same keys whatever the verdict; what cannot be read is denied.

use super::test::Place;
use crate::cli::{USAGE, complain};
use crate::guard::{self, Denial, Effort, Explained, Verdict};
use serde_json::{Value, json};
use std::io::{BufRead, ErrorKind, Read, Write};

/// The longest line of `--jsonl`, in bytes.
const LINE_BYTES_MAX: u64 = 1024 * 1024;

/// Judges every line of stdin.
pub(super) fn lines(place: &Place) -> u8 {
    let mut input = std::io::stdin().lock();
    let mut denied = false;
    loop {
        let line = match next_line(&mut input) {
            Ok(Some(line)) => line,
            Ok(None) => return u8::from(denied),
            Err(error) => {
                complain(&format!("stdin cannot be read: {error}"));
                return USAGE;
            }
        };
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = line_verdict(&line, place);
        denied |= answer["verdict"] == "deny";
        if let Err(error) = writeln!(std::io::stdout().lock(), "{answer}") {
            // Whoever reads no more has heard enough.
            if error.kind() == ErrorKind::BrokenPipe {
                return u8::from(denied);
            }
            complain(&format!("the verdicts cannot be written: {error}"));
            return USAGE;
        }
    }
}

/// The next line; of one that is too long what is beyond the limit is dropped.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let most = LINE_BYTES_MAX + 1;
    let read = input.take(most).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if u64::try_from(read).is_ok_and(|read| read == most) && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

fn line_verdict(line: &[u8], place: &Place) -> Value {
    if u64::try_from(line.len()).is_ok_and(|length| length > LINE_BYTES_MAX) {
        return as_json(None, &invalid("the line is longer than 1 MiB"));
    }
    let value: Option<Value> = serde_json::from_slice(line).ok();
    let command = value.as_ref().and_then(|v| v["command"].as_str());
    let (Some(value), Some(command)) = (&value, command) else {
        let why = "the line is no JSON object with a text under `command`";
        return as_json(None, &invalid(why));
    };
    let text = |key: &str, other: &str| value[key].as_str().unwrap_or(other).to_owned();
    let (cwd, branch) = (text("cwd", &place.cwd), text("branch", &place.branch));
    as_json(Some(command), &place.judged(command, &cwd, &branch))
}

/// The denial of what is no text at all.
pub(super) fn invalid(why: &str) -> Explained {
    Explained {
        verdict: Verdict::Deny(Box::new(Denial {
            rule: "input.invalid".to_owned(),
            reason: why.to_owned(),
            instead: "give a command in UTF-8; with --jsonl one {\"command\":\"…\"} a line"
                .to_owned(),
            safer: None,
            destroys: String::new(),
            parsed: String::new(),
        })),
        commands: Vec::new(),
        effort: Effort::default(),
    }
}

/// Always the same keys, whatever the verdict; what does not apply is null.
pub(super) fn as_json(command: Option<&str>, explained: &Explained) -> Value {
    let denial = explained.verdict.denial();
    let text = |part: fn(&Denial) -> &String| denial.map(part).filter(|text| !text.is_empty());
    let mut parsed = explained.commands.clone();
    parsed.extend(
        text(|d| &d.parsed)
            .filter(|last| explained.commands.last() != Some(last))
            .cloned(),
    );
    json!({
        "command": command,
        "verdict": explained.verdict.word(),
        "rule": text(|d| &d.rule),
        "reason": text(|d| &d.reason),
        "instead": text(|d| &d.instead),
        "safer": denial.and_then(|d| d.safer.as_ref()),
        "destroys": text(|d| &d.destroys),
        "parsed": parsed,
    })
}

pub(super) fn as_text(explained: &Explained) -> String {
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
    let shipped = guard::rules().find(|rule| rule.id == denial.rule);
    let rule = match shipped {
        Some(rule) => format!("{}: {}", rule.id, rule.what),
        None => denial.rule.clone(),
    };
    let mut rows = vec![
        ("rule", rule),
        ("command", denial.parsed.clone()),
        ("destroys", denial.destroys.clone()),
        ("why", denial.reason.clone()),
        ("instead", denial.instead.clone()),
    ];
    rows.extend(denial.safer.clone().map(|safer| ("safer", safer)));
    rows.retain(|(_, text)| !text.is_empty());
    rows
}
