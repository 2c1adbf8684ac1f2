//! Processes, services and power.
//!
//! Invariant: what the run started it may end, by `$!`, a job or a number kept
//! from one; by a name or a user others would be hit too, unless the walls keep the
//! run's signals inside the run, and then not the guard's own processes.

use super::signals;
use super::verbs::{Tool, judge as by_verb, unless, verb};
use crate::guard::args::{self, NONE, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Stream, Walker, peel};
use crate::guard::word::{PLAIN, Value};

pub(crate) static KILL: Rule = Rule {
    id: "proc.kill",
    what: "ending processes that the run did not start",
    reason: "by name, user or number it reaches other runs, the factory or the system",
    instead: "keep the number of what you start ($!) and end that",
    safer: Some("sleep 60 & kill $!"),
    deny: &[
        "kill -9 -1",
        "pkill -u agent",
        "killall bash",
        "kill $PPID",
        "kill $(pidof adf)",
        "strace -p 1",
        "pkill -f claude",
    ],
    allow: &[
        "kill %1",
        "cargo run & pid=$!; kill $pid",
        "kill -0 4321",
        "pgrep -fl cargo",
    ],
};

pub(crate) static POWER: Rule = Rule {
    id: "proc.power",
    what: "turning the machine or its services off",
    reason: "it ends the work of everybody on this machine",
    instead: "start what you test by hand, in the background, and end it by $!",
    safer: Some("systemctl status nginx --no-pager"),
    deny: &[
        "shutdown -h now",
        "reboot",
        "systemctl stop postgresql",
        "service nginx stop",
        "init 0",
    ],
    allow: &[
        "systemctl status nginx",
        "grep -rn 'shutdown -h now' docs",
        "journalctl -u ssh -n 20",
    ],
};

pub(crate) static LATER: Rule = Rule {
    id: "proc.later",
    what: "leaving something to run after the run",
    reason: "it would run unseen, when nobody judges or supervises it",
    instead: "run it now, or say in your report what should be scheduled",
    safer: Some("crontab -l"),
    deny: &[
        "crontab -r",
        "echo '* * * * * x' | crontab -",
        "echo ls | at now",
        "batch < job.sh",
        "systemd-run --user ./x.sh",
    ],
    allow: &[
        "crontab -l",
        "sleep 30 & disown",
        "systemd-run --user --scope cargo test",
    ],
};

pub(crate) static FORK_BOMB: Rule = Rule {
    id: "proc.fork-bomb",
    what: "a function or loop that starts itself without end",
    reason: "it fills the machine's process table",
    instead: "use a loop with a bound",
    safer: Some("for i in 1 2 3; do echo $i & done; wait"),
    deny: &[":(){ :|:& };:", "f() { f & f & }; f"],
    allow: &["walk() { for f in \"$1\"/*; do [ -d \"$f\" ] && walk \"$f\"; done; }; walk src"],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&KILL, &POWER, &LATER, &FORK_BOMB];

const TOOLS: &[Tool] = &[
    Tool {
        names: &[
            "shutdown",
            "reboot",
            "poweroff",
            "halt",
            "init",
            "telinit",
            "killall5",
            "systemd-halt",
        ],
        spec: NONE,
        rule: &POWER,
        verbs: &[unless(&[], &["help", "version"])],
    },
    Tool {
        names: &["systemctl"],
        spec: Spec {
            valued: "tpHMno",
            longs: &[
                "type", "property", "host", "machine", "lines", "output", "state",
            ],
        },
        rule: &POWER,
        verbs: &[
            verb(&[
                "stop|start|restart|reload|try-restart|kill|disable|enable|mask|unmask|isolate|edit|revert|link|set-default|daemon-reload|daemon-reexec|reset-failed|set-property|preset|import-environment|set-environment|reenable|reload-or-restart",
            ]),
            verb(&[
                "poweroff|reboot|halt|suspend|hibernate|hybrid-sleep|kexec|rescue|emergency|exit|default|switch-root|soft-reboot",
            ]),
        ],
    },
    Tool {
        names: &["loginctl", "machinectl"],
        spec: NONE,
        rule: &POWER,
        verbs: &[verb(&[
            "terminate-*|kill-*|lock-*|poweroff|reboot|terminate|kill|remove|enable-linger|disable-linger",
        ])],
    },
    Tool {
        names: &["service", "rc-service", "invoke-rc.d"],
        spec: NONE,
        rule: &POWER,
        verbs: &[verb(&["*", "stop|start|restart|reload|force-reload|zap"])],
    },
    Tool {
        names: &["tmux"],
        spec: Spec {
            valued: "fLS",
            longs: &[],
        },
        rule: &KILL,
        verbs: &[verb(&["kill-server|kill-session"])],
    },
];

/// Options by which `systemd-run` starts nothing now.
const STARTS_LATER: [&str; 10] = [
    "on-active",
    "on-boot",
    "on-startup",
    "on-unit-active",
    "on-unit-inactive",
    "on-calendar",
    "on-clock-change",
    "on-timezone-change",
    "timer-property",
    "path-property",
];

pub(super) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let shown = command.shown();
    match command.name {
        "kill" => kill(command, walker),
        "pgrep" | "pidof" => {
            if !signals::spares(command) {
                walker.makes(signals::AGENTS.to_owned());
            }
            Ok(())
        }
        "tmux" if own_session(command, walker) => Ok(()),
        "pkill" | "killall" | "skill" | "slay" | "xkill" => {
            let asks = command
                .args
                .iter()
                .any(|a| matches!(a.text(), "-l" | "-0" | "--list" | "--help" | "-V"));
            let children = names_children(command);
            if asks || children || (walker.scene.signals_walled && signals::spares(command)) {
                Ok(())
            } else {
                walker.deny(&KILL, &shown)
            }
        }
        "fuser" => {
            let kills = args::parse(command.args, &NONE).any(&["k", "kill"]);
            if kills && !walker.scene.signals_walled {
                walker.deny(&KILL, &shown)
            } else {
                Ok(())
            }
        }
        "strace" | "ltrace" | "gdb" | "lldb" | "perf" | "gcore" | "rr" | "py-spy" => {
            traces(command, walker)
        }
        "busctl" | "dbus-send" | "gdbus" | "qdbus" => bus(command, walker),
        "crontab" => {
            let lists = command.args.iter().any(|a| a.text() == "-l");
            if lists {
                Ok(())
            } else {
                walker.deny(&LATER, &shown)
            }
        }
        "systemd-run" => {
            let options = peel::options(command);
            let in_place = options.has("scope") && !options.any(&STARTS_LATER);
            if in_place || options.any(&["h", "help", "version"]) {
                Ok(())
            } else {
                walker.deny(&LATER, &shown)
            }
        }
        "at" | "batch" | "atrm" => {
            let lists = command.args.iter().any(|a| matches!(a.text(), "-l" | "-V"));
            let from_pipe = matches!(command.stdin, Stream::Empty) && command.args.is_empty();
            if lists || (from_pipe && command.name == "at") {
                Ok(())
            } else {
                walker.deny(&LATER, &shown)
            }
        }
        _ => by_verb(TOOLS, command, walker),
    }
}

/// Whether only children of `$$` or of a number kept from `$!` are named.
fn names_children(command: &Command<'_>) -> bool {
    let spec = Spec {
        valued: "Pugtsn",
        longs: &["parent", "signal"],
    };
    let parsed = args::parse(command.args, &spec);
    let parents = parsed.values(&["P", "parent"]);
    !parents.is_empty() && parents.iter().all(|p| p.has(PLAIN) && !p.is_open())
}

/// Whether only a session ends that this text began; what it begins is kept in mind.
fn own_session(command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    let spec = Spec {
        valued: "fLSstncxy",
        longs: &[],
    };
    let parsed = args::parse(command.args, &spec);
    let server = parsed.value(&["L", "S"]).map_or("", Value::text);
    let named = |letter: &str| parsed.value(&[letter]).map(Value::text);
    let key = |name: &str| format!("session:{server}:{name}");
    match parsed.operand(0) {
        Some("new" | "new-session") => {
            if let Some(name) = named("s").filter(|_| !parsed.has("A")) {
                walker.makes(key(name));
            }
            false
        }
        Some("kill-session") => {
            !parsed.has("a") && named("t").is_some_and(|name| walker.has_made(&key(name)))
        }
        _ => false,
    }
}

/// A signal that code sends: to a number, or to the parent where none is given.
pub(crate) fn signalled(walker: &Walker<'_>, number: Option<&Value>, shown: &str) -> Found {
    let Some(number) = number.filter(|_| walker.scene.signals_walled) else {
        return walker.deny(&KILL, shown);
    };
    match number.text().parse::<i64>() {
        Ok(number) if number <= 1 => walker.deny(&KILL, &number.to_string()),
        _ => Ok(()),
    }
}

/// Programs that hold or look into a process by its number.
fn traces(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: "p",
        longs: &["pid", "attach"],
    };
    let parsed = args::parse(command.args, &spec);
    for number in parsed.values(&["p", "pid", "attach"]) {
        others(walker, number)?;
    }
    Ok(())
}

/// Messages to those who rule the machine.
fn bus(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    const LORDS: [&str; 7] = [
        "login1",
        "systemd1",
        "UDisks2",
        "hostname1",
        "timedate1",
        "NetworkManager",
        "PackageKit",
    ];
    let calls = |a: &Value| matches!(a.text(), "call" | "set-property");
    let calls = command.name != "busctl" || command.args.iter().any(calls);
    let lord = |a: &Value| LORDS.iter().any(|lord| a.text().contains(lord));
    if calls && command.args.iter().any(lord) {
        return walker.deny(&POWER, &command.shown());
    }
    Ok(())
}

/// A process that is looked into or held: not one of others.
pub(crate) fn others(walker: &Walker<'_>, number: &Value) -> Found {
    if number.is_open() {
        return walker.doubtful(&KILL, &number.shown());
    }
    match number.text().parse::<i64>() {
        Ok(number) if number <= 1 => walker.deny(&KILL, &number.to_string()),
        _ => Ok(()),
    }
}

fn kill(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let mut args = command.args.iter();
    let mut signal = String::new();
    let mut targets: Vec<&Value> = Vec::new();
    let mut ended = false;
    while let Some(arg) = args.next() {
        match arg.text() {
            "--" => ended = true,
            "-s" | "-n" | "--signal" if !ended => {
                signal = args.next().map_or("", Value::text).to_owned();
            }
            "-l" | "-L" | "--list" | "--table" => return Ok(()),
            text if text.starts_with('-') && !ended && signal.is_empty() => {
                text.trim_start_matches('-').clone_into(&mut signal)
            }
            _ => targets.push(arg),
        }
    }
    if signal == "0" {
        return Ok(());
    }
    for target in targets {
        let text = target.text();
        let own = text.starts_with('%') || (target.has(PLAIN) && !target.is_open());
        let number = text.trim_start_matches('-').parse::<i64>().ok();
        let agents = walker.has_made(signals::AGENTS);
        if target.is_open() && walker.scene.signals_walled && !agents {
            continue;
        }
        if target.is_open() {
            // A job's number that a wrapper kept: `kill "$COPROC_PID"` is ours.
            walker.doubtful(&KILL, &target.shown())?;
        } else if !own && number.is_none_or(|n| n <= 1 || text.starts_with('-')) {
            walker.deny(&KILL, text)?;
        }
    }
    Ok(())
}
