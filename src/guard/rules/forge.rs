//! The forge and the factory: ways around the one that delivers.
//!
//! Invariant: reading issues and pull requests is allowed; whatever would write
//! to the forge goes through the factory, by commits and `adf agent`.

use super::verbs::{Tool, Verb, judge as by_verb, unless, verb};
use crate::guard::args::{self, NONE, Spec};
use crate::guard::place::{self, Place};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static API: Rule = Rule {
    id: "forge.write",
    what: "writing to a forge around the factory",
    reason: "comments, pull requests, merges and settings are the factory's: it proves what it writes",
    instead: "report with `adf agent report`; the factory comments, opens and merges",
    safer: Some("adf agent report --status done --summary 'what was done'"),
    deny: &[
        "gh pr create --fill",
        "gh api -X DELETE repos/o/r",
        "tea issues close 7",
        "curl -X POST https://forge.example/api/v1/repos/o/r/issues -d '{}'",
        "glab mr merge 12",
    ],
    allow: &[
        "gh run view 1 > log.txt 2>&1",
        "gh pr list",
        "curl -s https://forge.example/api/v1/version",
        "gh api repos/o/r/pulls/12/files",
    ],
};

pub(crate) static OPERATOR: Rule = Rule {
    id: "forge.operator",
    what: "commands of the factory that are an operator's",
    reason: "an agent does not stop, start or steer the factory it works for",
    instead: "speak to the factory with `adf agent`",
    safer: Some("adf agent context"),
    deny: &[
        "adf stop --all",
        "adf pause",
        "adf __exec --walls none -- sh",
        "nohup adf run &",
    ],
    allow: &[
        "adf agent report --status done --summary x",
        "adf guard test 'rm -rf /'",
        "adf --version",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&API, &OPERATOR];

/// Whether a URL is of a forge's interface.
pub(super) fn is_api(url: &str) -> bool {
    [
        "/api/v1",
        "/api/packages",
        "/api/v4/",
        "api.github.com",
        "/api/v3/",
        "/api/graphql",
    ]
    .iter()
    .any(|part| url.contains(part))
}

/// Whether a path is one of Gitea's interface, wherever its server is: a project may have
/// an `/api/v1/` of its own.
pub(super) fn is_forges(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.contains("/api/packages/") {
        return true;
    }
    let Some((_, rest)) = path.split_once("/api/v1/") else {
        return false;
    };
    let rest = place::clean("/", rest);
    let mut parts = rest.split('/').skip(1).filter(|part| !part.is_empty());
    let (first, second) = (parts.next(), parts.next());
    match first {
        Some("repos") => second == Some("migrate") || parts.next().is_some(),
        Some("orgs" | "org" | "teams") => true,
        Some("user") => matches!(
            second,
            Some("repos" | "keys" | "gpg_keys" | "applications" | "hooks" | "actions" | "emails")
        ),
        Some("users") => {
            matches!(parts.next(), Some("tokens" | "keys" | "gpg_keys"))
        }
        Some("admin") => matches!(
            second,
            Some(
                "users"
                    | "orgs"
                    | "hooks"
                    | "cron"
                    | "unadopted"
                    | "emails"
                    | "runners"
                    | "actions"
            )
        ),
        _ => false,
    }
}

const GH: Spec = Spec {
    valued: "RtbFfXHqaBlLjSes",
    longs: &[
        "repo",
        "title",
        "body",
        "method",
        "header",
        "jq",
        "json",
        "label",
        "limit",
        "state",
        "field",
        "raw-field",
        "input",
        "base",
        "head",
        "search",
        "template",
        "assignee",
        "hostname",
    ],
};

const GH_VERBS: &[Verb] = &[
    verb(&[
        "pr",
        "create|merge|close|reopen|edit|review|comment|ready|lock|unlock|update-branch|revert",
    ]),
    verb(&[
        "issue",
        "create|close|reopen|edit|comment|delete|transfer|lock|unlock|pin|unpin|develop",
    ]),
    verb(&[
        "repo",
        "create|delete|edit|archive|unarchive|rename|fork|sync|deploy-key|set-default",
    ]),
    verb(&["release", "create|delete|edit|upload|delete-asset"]),
    verb(&["secret|variable", "set|delete|remove"]),
    verb(&["workflow", "run|enable|disable"]),
    verb(&["run", "cancel|delete|rerun"]),
    verb(&["gist", "create|delete|edit|rename"]),
    verb(&["label", "create|delete|edit|clone"]),
    verb(&["cache", "delete"]),
    verb(&["ssh-key|gpg-key", "add|delete"]),
    verb(&["extension|extensions|ext", "install|upgrade|exec|remove"]),
    verb(&["alias", "set|import|delete"]),
    verb(&["config", "set"]),
    verb(&["project", "create|delete|edit|item-*|close|copy|link"]),
    verb(&["codespace", "create|delete|ssh|cp|stop|rebuild"]),
    verb(&["auth", "login|logout|refresh|setup-git|switch"]),
];

const TOOLS: &[Tool] = &[
    Tool {
        names: &["gh"],
        spec: GH,
        rule: &API,
        verbs: GH_VERBS,
    },
    Tool {
        names: &["tea"],
        spec: Spec {
            valued: "rRlo",
            longs: &["repo", "login", "state", "output"],
        },
        rule: &API,
        verbs: &[
            verb(&[
                "*",
                "create|c|merge|m|close|reopen|edit|e|approve|reject|delete|rm|add|clean|fork|migrate|set|checkout|review|default|logout|import|a|d",
            ]),
            verb(&["comment|c|open|o|clone"]),
        ],
    },
    Tool {
        names: &["glab"],
        spec: GH,
        rule: &API,
        verbs: &[verb(&[
            "*",
            "create|merge|close|reopen|update|approve|revoke|delete|note|rebase|fork|archive|transfer|run|retry|cancel|trigger|set|todo|subscribe|login",
        ])],
    },
    Tool {
        names: &["gitea", "forgejo"],
        spec: Spec {
            valued: "cwC",
            longs: &["config", "work-path"],
        },
        rule: &API,
        verbs: &[unless(&["*"], &["help"])],
    },
    Tool {
        names: &["hub"],
        spec: GH,
        rule: &API,
        verbs: &[verb(&[
            "pull-request|push|release|issue|create|delete|fork|merge|sync|api|gist",
        ])],
    },
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    if matches!(command.name, "gh" | "glab") {
        api_call(command, walker)?;
    }
    if command.name == "adf" {
        return operator(command, walker);
    }
    by_verb(TOOLS, command, walker)
}

/// `gh api` sends with a field or a method that changes.
fn api_call(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &GH);
    if parsed.operand(0) != Some("api") {
        return Ok(());
    }
    let method = parsed
        .value(&["X", "method"])
        .map(|m| m.text().to_ascii_uppercase());
    let gets = method.as_deref() == Some("GET");
    let fields = parsed.any(&["f", "F", "field", "raw-field", "input"]);
    let changes = method
        .as_deref()
        .is_some_and(|m| !matches!(m, "GET" | "HEAD"));
    if changes || (fields && !gets) {
        return walker.deny(&API, &command.shown());
    }
    Ok(())
}

/// The factory's own command: an agent speaks by `adf agent` and may look things up.
fn operator(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let own = command.word.contains('/')
        && walker.target(&Value::new(command.word), true).place == Place::Worktree;
    if own {
        return Ok(());
    }
    let parsed = args::parse(command.args, &NONE);
    let allowed = match parsed.operand(0) {
        None => true,
        Some(
            "agent" | "schema" | "validate-config" | "completions" | "help" | "explain" | "plan"
            | "status" | "failures",
        ) => true,
        Some("guard") => matches!(parsed.operand(1), Some("test" | "rules") | None),
        _ => parsed.any(&["help", "h", "version"]),
    };
    if allowed {
        Ok(())
    } else {
        walker.deny(&OPERATOR, &command.shown())
    }
}
