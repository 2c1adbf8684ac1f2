//! Secrets: files with credentials, tools that print them, and the environment.
//!
//! Invariant: whether a variable is set may be asked, what it holds may not be
//! printed, stored or sent.

use super::fs::{self, Access};
use super::verbs::judge as by_verb;
use super::{disks, requests, searches, shown, tokens};
use crate::guard::args::{self, NONE, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker, parameters};
use crate::guard::word::{SECRET, Value};

pub(crate) static READ: Rule = Rule {
    id: "secret.read",
    what: "reading files that hold credentials",
    reason: "it shows keys or tokens that are not the run's",
    instead: "use test data; say in your report which access is missing",
    safer: Some("cat .env.example"),
    deny: &[
        "cat ~/.ssh/id_rsa",
        "cp ~/.ssh/id_rsa key",
        "cat /etc/adf/shop.token",
        "cat /etc/shadow",
        "grep -A2 x ~/.netrc",
    ],
    allow: &[
        "cat ~/.ssh/id_rsa.pub",
        "cat .env.example",
        "ls ~/.ssh",
        "cat src/credentials.rs",
    ],
};

pub(crate) static SHOW: Rule = Rule {
    id: "secret.show",
    what: "printing or storing secrets of the environment or of a tool",
    reason: "what is printed or stored ends in logs, commits and comments",
    instead: "ask only whether it is set",
    safer: Some("[ -n \"$GITHUB_TOKEN\" ] && echo set"),
    deny: &[
        "echo \"$ANTHROPIC_API_KEY\"",
        "printenv OPENAI_API_KEY",
        "env | sort",
        "jq -n '$ENV.OPENAI_API_KEY'",
        "gh auth token",
        "git credential fill",
    ],
    allow: &[
        "printenv PATH",
        "env | grep -i rust",
        "env | cut -d= -f1",
        "test -n \"$NPM_TOKEN\"",
        "grep -rn API_KEY src",
        "gh auth status",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&READ, &SHOW];

/// Programs whose operands are words, names or patterns, and whose files are none of our business.
const SPEAKERS: [&str; 22] = [
    "echo",
    "printf",
    "test",
    "[",
    "ls",
    "stat",
    "du",
    "cd",
    "find",
    "git",
    "mkdir",
    "basename",
    "dirname",
    "realpath",
    "tree",
    "rm",
    "getfacl",
    "ssh-keygen",
    "fd",
    "adf",
    "type",
    "which",
];

/// Judges what a program reads, whatever program it is.
pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    by_verb(tokens::TOOLS, command, walker)?;
    shown::judge(command, walker)?;
    searches::judge(command, walker)?;
    let args = command.args;
    match command.name {
        "printenv" => {
            for arg in args.iter().filter(|a| parameters::is_secret_name(a.text())) {
                walker.deny(&SHOW, arg.text())?;
            }
            return Ok(());
        }
        "test" | "[" | "export" | "unset" => return Ok(()),
        "ssh-keygen" => {
            let parsed = args::parse(
                args,
                &Spec {
                    valued: "ftNCbFRPlm",
                    longs: &[],
                },
            );
            if parsed.any(&["y", "e", "p"]) {
                return fs::all(walker, Access::Read, parsed.values(&["f"]));
            }
            return Ok(());
        }
        _ => {}
    }
    if let Some(arg) = args.iter().find(|a| a.has(SECRET))
        && !requests::stays_here(command)
    {
        walker.deny(&SHOW, &arg.shown())?;
    }
    if SPEAKERS.contains(&command.name) {
        return Ok(());
    }
    let skips = usize::from(is_search(command.name));
    let parsed = args::parse(args, &NONE);
    let asks = disks::asks(command.name);
    for operand in parsed.operands.iter().skip(skips) {
        if !asks || !disks::is_raw(&walker.target(operand, true)) {
            reads(walker, operand)?;
        }
    }
    for option in args.iter().filter(|a| a.text().starts_with('-')) {
        if let Some(at) = option.text().find('=') {
            reads(walker, &option.tail(at + 1))?;
        }
    }
    Ok(())
}

fn is_search(name: &str) -> bool {
    matches!(
        name,
        "grep" | "rg" | "egrep" | "fgrep" | "ag" | "sed" | "awk" | "jq" | "yq"
    )
}

/// An operand as a path; `file://` and the `@` of curl are taken off.
fn reads(walker: &Walker<'_>, operand: &Value) -> Found {
    let text = operand.text();
    // A number is an option's value.
    if text.contains('\n') || text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    let cut = ["file://", "@"]
        .iter()
        .find(|p| text.starts_with(**p))
        .map_or(0, |p| p.len());
    let path = operand.tail(cut);
    if path.is_open() {
        return Ok(());
    }
    fs::access(walker, Access::Read, &path).map(|_| ())
}
