//! Containers, images, networks, projects and clusters that a text makes → which
//! later commands of it are only about those.
//!
//! Invariant: what was made is told by the name that the same text gave it; a
//! project also by its folder and its files, which are the run's own.

use super::scratch::is_test;
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::place::Place;
use crate::guard::walk::{Command, Walker};
use crate::guard::word::{PLAIN, Value};

/// Options of `docker compose` before and behind its verb that take a value.
const COMPOSE: Spec = Spec {
    valued: "fpt",
    longs: &[
        "file",
        "project-name",
        "profile",
        "env-file",
        "project-directory",
        "timeout",
        "rmi",
        "scale",
        "index",
        "user",
        "env",
        "workdir",
    ],
};

/// Whether a command is only about what this text made; what it makes is kept in mind.
pub(super) fn is_own(command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    match command.name {
        "docker-compose" | "podman-compose" => return project(command.args, command, walker),
        "kind" | "k3d" | "minikube" => return cluster(command, walker),
        "docker" | "podman" | "nerdctl" => {}
        _ => return false,
    }
    let mut words = command.args;
    let (mut kind, mut verb) = ("container", words.first().map_or("", Value::text));
    if verb == "compose" {
        return project(words.get(1..).unwrap_or_default(), command, walker);
    }
    if matches!(verb, "container" | "image" | "network") {
        (kind, verb) = (verb, words.get(1).map_or("", Value::text));
        words = words.get(1..).unwrap_or_default();
    }
    let rest = words.get(1..).unwrap_or_default();
    match (kind, verb) {
        ("container", "run" | "create") => {
            let parsed = args::parse(rest, &super::containers::SPEC);
            let name = parsed.value(&["name"]).map_or("", Value::text);
            if !parsed.any(&["help", "replace"]) {
                walker.makes(format!("container:{name}"));
            }
            false
        }
        ("container", "build") | ("image", "build") => {
            let parsed = args::parse(rest, &super::containers::SPEC);
            for tag in parsed.values(&["t", "tag"]) {
                walker.makes(format!("image:{}", tagged(tag.text())));
            }
            false
        }
        ("container", "tag") | ("image", "tag") => {
            if let Some(tag) = rest.last() {
                walker.makes(format!("image:{}", tagged(tag.text())));
            }
            false
        }
        // Making a volume that is there already does well: its data are another's.
        ("network", "create") => {
            if let Some(name) = rest.last().filter(|name| !name.text().starts_with('-')) {
                walker.makes(format!("{kind}:{}", name.text()));
            }
            false
        }
        ("container", "cp") => is_into_own(rest, walker),
        ("container", "rename") => renames(rest, walker),
        ("container", "rmi") => ends("image", rest, walker),
        (_, "rm" | "stop" | "kill" | "restart" | "pause" | "unpause") => ends(kind, rest, walker),
        _ => false,
    }
}

fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let tag = if last.contains(':') { "" } else { ":latest" };
    format!("{name}{tag}")
}

/// Whether only what was made is ended.
fn ends(kind: &str, rest: &[Value], walker: &Walker<'_>) -> bool {
    let spec = Spec {
        valued: "ts",
        longs: &["time", "timeout", "signal"],
    };
    let parsed = args::parse(rest, &spec);
    let volumes = kind == "container" && parsed.any(&["v", "volumes"]);
    let made = |name: &&Value| has_made(kind, name, walker);
    !parsed.operands.is_empty() && !volumes && parsed.operands.iter().all(made)
}

fn has_made(kind: &str, name: &Value, walker: &Walker<'_>) -> bool {
    // A container without a name is told by the number that starting it printed.
    let by_number = name.is_blank_mark() && name.has(PLAIN);
    let name = if by_number { "" } else { name.text() };
    match kind {
        "image" => walker.has_made(&format!("image:{}", tagged(name))),
        kind => walker.has_made(&format!("{kind}:{name}")),
    }
}

/// `cp`: into a container of this text's own, or only out of one.
fn is_into_own(rest: &[Value], walker: &Walker<'_>) -> bool {
    let Some(to) = rest.last() else { return false };
    let Some((name, _)) = to.text().split_once(':') else {
        return false;
    };
    has_made("container", &Value::new(name), walker)
}

/// `rename`: a container of this text's own keeps being that.
fn renames(rest: &[Value], walker: &mut Walker<'_>) -> bool {
    let [from, to] = rest else { return false };
    let own = has_made("container", from, walker);
    if own {
        walker.makes(format!("container:{}", to.text()));
    }
    own
}

/// Whether a name says that what it names is for tests, or this text made it.
pub(super) fn is_project(name: &str, walker: &Walker<'_>) -> bool {
    is_test(name) || walker.has_made(&format!("project-name:{name}"))
}

/// `compose`: a project that this text started may end with its volumes.
fn project(words: &[Value], command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    let parsed = args::parse(words, &COMPOSE);
    let Some(key) = project_key(&parsed, command, walker) else {
        return false;
    };
    match parsed.operand(0) {
        Some("up" | "create") => {
            let name = parsed.value(&["p", "project-name"]).map_or("", Value::text);
            walker.makes(format!("project-name:{name}"));
            walker.makes(key);
            false
        }
        Some("down" | "rm") => walker.has_made(&key),
        _ => false,
    }
}

/// What tells a project: its name, its folder and its files, where they are the run's own.
fn project_key(parsed: &Parsed<'_>, command: &Command<'_>, walker: &Walker<'_>) -> Option<String> {
    let own = |value: &Value| {
        let target = walker.target(value, true);
        matches!(target.place, Place::Worktree | Place::Root | Place::Tmp).then_some(target.path)
    };
    let mut key = format!("project:{}", own(&Value::new("."))?);
    if command
        .env
        .iter()
        .any(|(name, _)| name.starts_with("COMPOSE_"))
    {
        return None;
    }
    for place in parsed.values(&["f", "file", "project-directory"]) {
        key.push(':');
        key.push_str(&own(place)?);
    }
    let name = parsed.value(&["p", "project-name"]).map_or("", Value::text);
    Some(format!("{key}:{name}"))
}

/// Whether a command runs inside a container that this text started, whose files are its own.
pub(crate) fn is_inside(command: &Command<'_>, walker: &Walker<'_>) -> bool {
    let words = command.args;
    let first = words.first().map_or("", Value::text);
    let spec = Spec {
        valued: "euw",
        longs: &["env", "user", "workdir"],
    };
    match (command.name, first) {
        ("docker" | "podman" | "nerdctl", "exec") => {
            let rest = words.get(1..).unwrap_or_default();
            let name = args::parse(rest, &spec).operands.first().copied();
            name.is_some_and(|name| has_made("container", name, walker))
        }
        ("docker" | "podman" | "nerdctl", "compose") | ("docker-compose", _) => {
            let skipped = usize::from(first == "compose");
            let rest = words.get(skipped..).unwrap_or_default();
            let exec = rest.iter().position(|a| a.text() == "exec");
            let parsed = args::parse(rest.get(..exec.unwrap_or(0)).unwrap_or_default(), &COMPOSE);
            let key = project_key(&parsed, command, walker);
            exec.is_some() && key.is_some_and(|key| walker.has_made(&key))
        }
        _ => false,
    }
}

/// Clusters on this machine: `kind create cluster --name t`, `k3d cluster create t`,
/// `minikube start -p t`.
fn cluster(command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    let spec = Spec {
        valued: "np",
        longs: &[
            "name",
            "profile",
            "config",
            "image",
            "kubeconfig",
            "wait",
            "agents",
            "servers",
            "port",
        ],
    };
    let parsed = args::parse(command.args, &spec);
    let words = (parsed.operand(0), parsed.operand(1));
    let (verb, other) = match (command.name, words) {
        ("kind", (Some(verb), Some("cluster"))) => (verb, "kind"),
        ("k3d", (Some("cluster"), Some(verb))) => (verb, "k3s-default"),
        ("minikube", (Some("start"), _)) => ("create", "minikube"),
        ("minikube", (Some(verb), _)) => (verb, "minikube"),
        _ => return false,
    };
    let key = if command.name == "minikube" {
        let named = parsed.value(&["p", "profile"]).map(Value::text);
        format!("context:{}", named.unwrap_or(other))
    } else {
        let named = parsed.value(&["n", "name"]).map(Value::text);
        let name = named.or(parsed.operand(2)).unwrap_or(other);
        format!("context:{}-{name}", command.name)
    };
    if verb == "create" {
        walker.makes(key);
        return false;
    }
    matches!(verb, "delete" | "stop")
        && !parsed.any(&["a", "all", "purge"])
        && walker.has_made(&key)
}
