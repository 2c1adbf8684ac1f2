//! Containers: what a container reaches of the host, and what removes others'.
//!
//! Invariant: building and running with the worktree mounted is allowed; mounts
//! of anything else, more rights than a container has by itself, other
//! machines' daemons and everything that removes by class are not.

use super::fs::{self, Access};
use super::owned;
use super::verbs::{Tool, Verb, judge as by_verb, verb, with};
use crate::guard::args::{self, Spec};
use crate::guard::place::Place;
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static REMOVE: Rule = Rule {
    id: "container.remove",
    what: "removing or stopping containers, images, volumes and machines",
    reason: "others on this machine use them, and volumes hold data",
    instead: "name what you started and stop it through compose; leave volumes and images alone",
    safer: Some("docker compose down --remove-orphans"),
    deny: &[
        "docker system prune -af",
        "docker volume rm data",
        "docker compose down -v",
        "docker rm -f $(docker ps -aq)",
        "virsh destroy web",
    ],
    allow: &[
        "docker compose down",
        "docker compose stop",
        "docker ps -a",
        "docker volume ls",
        "docker run --rm alpine echo x",
        "docker run -d --name t postgres:16 && docker rm -f t",
        "docker builder prune -f",
    ],
};

pub(crate) static HOST: Rule = Rule {
    id: "container.host",
    what: "containers that reach the host beyond the worktree, or another daemon",
    reason: "inside such a container the walls of the run do not hold",
    instead: "mount the worktree or $TMPDIR only",
    safer: Some("docker run --rm -v \"$PWD\":/src -w /src rust:1 cargo test"),
    deny: &[
        "docker run --rm -v /:/host alpine ls",
        "docker run --privileged debian bash",
        "docker -H ssh://x.example ps",
        "docker run -v /var/run/docker.sock:/s docker ps",
    ],
    allow: &[
        "docker run --rm -v \"$PWD\":/src rust:1 cargo test",
        "docker run --rm debian:12 rm -rf /var/lib/apt/lists",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&REMOVE, &HOST];

/// Options of docker and its kin that take a value.
pub(super) const SPEC: Spec = Spec {
    valued: "HcpfetwuIon",
    longs: &[
        "host",
        "context",
        "config",
        "log-level",
        "file",
        "project-name",
        "profile",
        "tag",
        "env",
        "volume",
        "mount",
        "workdir",
        "name",
        "network",
        "publish",
        "user",
        "timeout",
        "format",
        "filter",
        "entrypoint",
        "platform",
    ],
};

const VERBS: &[Verb] = &[
    verb(&[
        "system|volume|image|container|network",
        "prune|reset|rm|remove|kill",
    ]),
    verb(&["builder|buildx", "reset|rm|remove|kill"]),
    with(&["builder|buildx", "prune"], &["a", "all"]),
    verb(&["rename"]),
    verb(&["container", "rename"]),
    verb(&["rm|rmi|kill|stop|pause|restart"]),
    verb(&["container|pod|machine", "rm|remove|kill|stop|prune|pause"]),
    verb(&["swarm", "leave|init|join|update"]),
    verb(&[
        "stack|service|secret|node|config",
        "rm|remove|scale|update|rollback|demote|create|deploy",
    ]),
    verb(&["context", "rm|use|update"]),
    with(&["compose", "down"], &["v", "volumes", "rmi"]),
    with(&["compose", "rm"], &["v"]),
    with(&["down"], &["v", "volumes", "rmi"]),
];

const fn tool(names: &'static [&'static str], verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec: SPEC,
        rule: &REMOVE,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(&["docker", "podman", "nerdctl"], VERBS),
    tool(
        &["docker-compose", "podman-compose"],
        &[
            with(&["down"], &["v", "volumes", "rmi"]),
            with(&["rm"], &["v"]),
        ],
    ),
    tool(&["docker-machine"], &[verb(&["rm|stop|kill|restart"])]),
    tool(
        &["ctr", "crictl"],
        &[
            verb(&[
                "images|image|i|containers|c|tasks|t|content|snapshots|namespaces",
                "rm|remove|delete|del|kill",
            ]),
            verb(&["rm|rmi|rmp|stop|stopp"]),
        ],
    ),
    tool(
        &["lxc", "incus"],
        &[
            verb(&["delete|stop|restore|rename|publish|move"]),
            verb(&["*", "delete"]),
        ],
    ),
    tool(
        &["virsh"],
        &[verb(&[
            "destroy|undefine|shutdown|reboot|reset|vol-delete|vol-wipe|pool-destroy|pool-delete|net-destroy|net-undefine|snapshot-delete|snapshot-revert|managedsave-remove|blockcommit",
        ])],
    ),
    tool(
        &["VBoxManage", "vboxmanage"],
        &[
            verb(&["unregistervm|closemedium|controlvm"]),
            verb(&["snapshot", "*", "delete|restore"]),
        ],
    ),
    tool(
        &["vagrant", "multipass"],
        &[verb(&["destroy|halt|delete|purge|stop"])],
    ),
    tool(
        &["minikube", "kind", "k3d"],
        &[verb(&["delete|stop"]), verb(&["cluster", "delete"])],
    ),
];

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    if owned::is_own(command, walker) {
        return daemon(command, walker);
    }
    by_verb(TOOLS, command, walker)?;
    if !matches!(
        command.name,
        "docker" | "podman" | "nerdctl" | "docker-compose"
    ) {
        return Ok(());
    }
    daemon(command, walker)?;
    volumes(command, walker)?;
    project(command, walker)?;
    let words: Vec<&str> = command.args.iter().map(Value::text).collect();
    if words.iter().any(|w| matches!(*w, "run" | "create")) {
        host(command, walker)?;
    }
    if words.first() == Some(&"cp")
        && let Some(to) = command.args.last()
    {
        if super::net::is_remote(to) {
            return walker.deny(&REMOVE, &to.shown());
        }
        fs::access(walker, Access::Write, to)?;
    }
    if matches!(words.first(), Some(&"save" | &"export")) {
        let parsed = args::parse(
            command.args,
            &Spec {
                valued: "o",
                longs: &["output"],
            },
        );
        fs::all(walker, Access::Write, parsed.values(&["o", "output"]))?;
    }
    Ok(())
}

/// What ends another project than the worktree's: one of another name.
fn project(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let compose = command.name == "docker-compose"
        || command.args.first().is_some_and(|a| a.text() == "compose");
    let ends = |a: &Value| matches!(a.text(), "down" | "stop" | "kill" | "rm" | "restart");
    if !compose || !command.args.iter().any(ends) {
        return Ok(());
    }
    let parsed = args::parse(command.args, &SPEC);
    let by_env = command
        .env
        .iter()
        .find(|(name, _)| name == "COMPOSE_PROJECT_NAME");
    let named = parsed.value(&["p", "project-name"]);
    match named.or(by_env.map(|(_, value)| value)) {
        Some(name) if !owned::is_project(name.text(), walker) => {
            walker.deny(&REMOVE, &name.shown())
        }
        _ => Ok(()),
    }
}

/// `compose down` and `compose rm` with the volumes, however the letters are bundled.
fn volumes(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let at = command
        .args
        .iter()
        .position(|a| matches!(a.text(), "down" | "rm"));
    let Some(rest) = at.and_then(|at| command.args.get(at + 1..)) else {
        return Ok(());
    };
    let asks = |text: &str| {
        text == "--volumes"
            || (text.starts_with('-') && !text.starts_with("--") && text.contains('v'))
    };
    if rest.iter().any(|a| asks(a.text())) {
        return walker.deny(&REMOVE, &command.shown());
    }
    Ok(())
}

/// Another machine's daemon.
fn daemon(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let first = command.args.iter().take_while(|a| {
        a.text().starts_with('-') || !a.text().chars().all(|c| c.is_ascii_lowercase())
    });
    let named = first.clone().any(|a| {
        matches!(a.text(), "-H" | "--host" | "--context" | "-c")
            || a.text().starts_with("--host=")
            || a.text().starts_with("--context=")
    });
    let by_env = command
        .env
        .iter()
        .any(|(n, _)| n == "DOCKER_HOST" || n == "DOCKER_CONTEXT");
    if named || by_env {
        return walker.deny(&HOST, &command.shown());
    }
    Ok(())
}

fn host(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let mut args = command.args.iter();
    while let Some(arg) = args.next() {
        let text = arg.text();
        let shared = [
            "--pid=host",
            "--ipc=host",
            "--privileged",
            "--privileged=true",
            "--userns=host",
            "--cap-add=ALL",
            "--cap-add=SYS_ADMIN",
        ];
        if shared.contains(&text) || text.starts_with("--device") || text.contains("unconfined") {
            walker.deny(&HOST, text)?;
        }
        let mount = match text {
            "-v" | "--volume" | "--mount" => args.next().cloned(),
            _ if text.starts_with("--volume=") || text.starts_with("--mount=") => {
                Some(arg.tail(text.find('=').map_or(0, |at| at + 1)))
            }
            _ if text.starts_with("-v") && text.len() > 2 => Some(arg.tail(2)),
            _ => None,
        };
        let volumes = match text {
            "--volumes-from" => args.next().map(Value::text),
            _ => text.strip_prefix("--volumes-from="),
        };
        let own = |from: &str| {
            let name = from.split(':').next().unwrap_or_default();
            walker.has_made(&format!("container:{name}"))
        };
        if let Some(from) = volumes.filter(|from| !own(from)) {
            walker.deny(&HOST, from)?;
        }
        if let Some(mount) = mount {
            mounted(&mount, walker)?;
        }
    }
    Ok(())
}

/// `source:target[:ro]`, or `type=bind,source=…,target=…`.
fn mounted(mount: &Value, walker: &Walker<'_>) -> Found {
    let text = mount.text();
    let source = if text.contains("target=") || text.contains("dst=") || text.contains("type=") {
        let found = text
            .split(',')
            .find_map(|part| part.strip_prefix("source=").or(part.strip_prefix("src=")));
        found.unwrap_or_default()
    } else {
        text.split(':').next().unwrap_or_default()
    };
    // The shell leaves a tilde behind an equals sign or in the middle alone; docker's user means home.
    let named_volume =
        !source.contains('/') && !source.starts_with(['.', '~']) && !Value::new(source).has_mark();
    if named_volume {
        return Ok(());
    }
    let target = walker.target(&Value::new(source), true);
    let own = matches!(target.place, Place::Worktree | Place::Tmp)
        || target.path == walker.scene.worktree;
    let reads = text.ends_with(":ro")
        && !matches!(target.place, Place::Secret | Place::Unknown)
        && !target.path.ends_with(".sock");
    if own || (reads && target.path != "/") {
        return Ok(());
    }
    walker.deny_target(&HOST, &target)
}
