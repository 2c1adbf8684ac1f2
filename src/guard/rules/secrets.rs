//! Secrets: files with credentials, tools that print them, and the environment.
//!
//! Invariant: whether a variable is set may be asked, what it holds may not be
//! printed, stored or sent.

use super::fs::{self, Access};
use super::verbs::{Tool, judge as by_verb, verb, with};
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

const fn tool(names: &'static [&'static str], verbs: &'static [super::verbs::Verb]) -> Tool {
    Tool {
        names,
        spec: Spec {
            valued: "",
            longs: &["profile", "region", "project", "account", "hostname"],
        },
        rule: &SHOW,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(
        &["gh"],
        &[
            verb(&["auth", "token|login|refresh|setup-git"]),
            with(&["auth", "status"], &["show-token", "t"]),
        ],
    ),
    tool(
        &["gpg", "gpg2"],
        &[with(&[], &["export-secret-keys", "export-secret-subkeys"])],
    ),
    tool(
        &["pass", "gopass"],
        &[verb(&["show|generate|insert|edit|rm|mv|cp|ls|find|grep"])],
    ),
    tool(&["op"], &[verb(&["read|item|document|signin|inject"])]),
    tool(&["secret-tool"], &[verb(&["lookup|search|store|clear"])]),
    tool(&["keyctl"], &[verb(&["print|read|pipe"])]),
    tool(
        &["vault"],
        &[
            verb(&[
                "kv|read|token|login|operator|delete|write|policy|auth|secrets|lease",
                "*",
            ]),
            verb(&["read|token|login|write|delete"]),
        ],
    ),
    tool(
        &["aws"],
        &[
            verb(&["configure", "get|export-credentials|set"]),
            verb(&["secretsmanager", "get-secret-value|batch-get*"]),
            with(&["ssm", "get-parameter*"], &["with-decryption"]),
            verb(&["sts", "get-session-token|assume-role*|get-federation*"]),
            verb(&["ecr", "get-login-password|get-authorization-token"]),
            verb(&["eks", "get-token"]),
        ],
    ),
    tool(
        &["gcloud"],
        &[
            verb(&[
                "auth",
                "print-access-token|print-identity-token|login|activate*",
            ]),
            verb(&["auth", "application-default", "*"]),
            verb(&["secrets", "versions", "access"]),
        ],
    ),
    tool(
        &["az"],
        &[
            verb(&["account", "get-access-token"]),
            verb(&["keyvault", "secret|key", "show|download|delete|set|purge"]),
        ],
    ),
    tool(
        &["security"],
        &[verb(&[
            "find-generic-password|find-internet-password|dump-keychain|export",
        ])],
    ),
    tool(&["heroku"], &[verb(&["config*"]), verb(&["auth*"])]),
    tool(
        &["npm"],
        &[verb(&["token", "*"]), verb(&["config", "get", "*_auth*"])],
    ),
];

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
    by_verb(TOOLS, command, walker)?;
    let args = command.args;
    match command.name {
        "printenv" => {
            for arg in args.iter().filter(|a| parameters::is_secret_name(a.text())) {
                walker.deny(&SHOW, arg.text())?;
            }
            return Ok(());
        }
        "jq" | "gojq" | "yq" => {
            let program = args.iter().find(|a| !a.text().starts_with('-'));
            environment_of(program.map_or("", Value::text), walker)?;
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
    if let Some(arg) = args.iter().find(|a| a.has(SECRET)) {
        walker.deny(&SHOW, &arg.shown())?;
    }
    if SPEAKERS.contains(&command.name) {
        return Ok(());
    }
    let skips = usize::from(is_search(command.name));
    let parsed = args::parse(args, &NONE);
    for operand in parsed.operands.iter().skip(skips) {
        reads(walker, operand)?;
    }
    for option in args.iter().filter(|a| a.text().starts_with('-')) {
        if let Some(at) = option.text().find('=') {
            reads(walker, &option.tail(at + 1))?;
        }
    }
    Ok(())
}

/// `env` and `$ENV` of jq: all of it, or a secret of it.
fn environment_of(program: &str, walker: &Walker<'_>) -> Found {
    for (at, name) in program
        .match_indices("$ENV")
        .chain(program.match_indices("env"))
    {
        let rest = program.get(at + name.len()..).unwrap_or_default();
        let before = program.get(..at).unwrap_or_default();
        let is_word = |c: char| c.is_alphanumeric() || "._$\"".contains(c);
        if before.ends_with(is_word)
            || (name == "env" && rest.starts_with(is_word) && !rest.starts_with('.'))
        {
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"._".contains(c));
        let field = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let field = field.trim_start_matches('.');
        if field.is_empty() || parameters::is_secret_name(field) {
            walker.deny(&SHOW, program)?;
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
    if !text.contains(['/', '.', '~']) || text.contains('\n') {
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
