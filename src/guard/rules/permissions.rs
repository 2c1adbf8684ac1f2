//! Permissions, owners and users.
//!
//! Invariant: modes are the agent's to set inside the worktree; no set-user bit,
//! no other user's rights, no user account, no firewall and no kernel setting.

use super::fs::{self, Access};
use super::verbs::{Tool, Verb, judge as by_verb, unless, verb, with};
use crate::guard::args::{self, NONE, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static RAISE: Rule = Rule {
    id: "perm.raise",
    what: "running commands as another user",
    reason: "the run has the rights it needs; more of them reach beyond the worktree",
    instead: "do it without, inside the worktree, or say in your report what a person should install",
    safer: Some("make install DESTDIR=\"$PWD/stage\""),
    deny: &[
        "sudo apt-get install -y gcc",
        "sudo -n true",
        "su - root",
        "pkexec bash",
        "doas ls",
    ],
    allow: &[
        "grep -rn sudo docs",
        "SUDO=off make package",
        "command -v sudo",
        "fakeroot tar -cf a.tar src",
    ],
};

pub(crate) static SET_ID: Rule = Rule {
    id: "perm.set-id",
    what: "giving a program the rights of its owner",
    reason: "whoever runs it gets its owner's rights",
    instead: "set plain modes",
    safer: Some("chmod 755 scripts/build.sh"),
    deny: &[
        "chmod u+s ./tool",
        "chmod 4755 sh",
        "setcap cap_net_admin+ep ./tool",
    ],
    allow: &[
        "chmod +x scripts/build.sh",
        "chmod -R u+rwX target",
        "getcap /usr/bin/ping",
    ],
};

pub(crate) static SYSTEM: Rule = Rule {
    id: "perm.system",
    what: "changing users, passwords, the firewall, the clock, the logs or the kernel",
    reason: "it changes the machine for everybody on it",
    instead: "leave the machine as it is; say in your report what it lacks",
    safer: Some("id -un"),
    deny: &[
        "passwd -d agent",
        "usermod -aG docker agent",
        "sysctl -w kernel.panic=1",
        "iptables -F",
        "setenforce 0",
        "date -s '2001-01-01'",
        "hostnamectl set-hostname x",
        "apt-get remove git",
        "journalctl --vacuum-size=1",
    ],
    allow: &[
        "sysctl -n kernel.pid_max",
        "date -u +%F",
        "hostname",
        "ip -brief addr",
        "timedatectl status",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&RAISE, &SET_ID, &SYSTEM];

const ANY: &[Verb] = &[unless(&[], &["help", "version"])];

const fn tool(names: &'static [&'static str], verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec: NONE,
        rule: &SYSTEM,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(
        &[
            "passwd",
            "chpasswd",
            "useradd",
            "adduser",
            "userdel",
            "deluser",
            "usermod",
            "groupadd",
            "groupdel",
            "groupmod",
            "addgroup",
            "delgroup",
            "gpasswd",
            "vipw",
            "vigr",
            "chsh",
            "chfn",
            "newusers",
            "visudo",
            "setenforce",
            "setsebool",
            "aa-disable",
            "aa-teardown",
            "ebtables",
            "ufw",
            "firewall-cmd",
            "ldconfig",
            "update-alternatives",
            "dpkg-reconfigure",
            "depmod",
            "hwclock",
        ],
        ANY,
    ),
    tool(
        &["iptables", "ip6tables", "iptables-restore", "arptables"],
        &[unless(
            &[],
            &["L", "list", "S", "list-rules", "V", "version"],
        )],
    ),
    tool(
        &["nft"],
        &[
            verb(&["add|delete|flush|destroy|insert|replace|create|reset"]),
            with(&[], &["f"]),
        ],
    ),
    tool(
        &["sysctl"],
        &[
            with(&[], &["w", "write", "p", "load", "system"]),
            verb(&["*=*"]),
        ],
    ),
    Tool {
        names: &["date"],
        spec: Spec {
            valued: "drf",
            longs: &["date", "reference", "file"],
        },
        rule: &SYSTEM,
        verbs: &[with(&[], &["s", "set"])],
    },
    tool(
        &["timedatectl", "hostnamectl", "localectl"],
        &[verb(&["set-*"])],
    ),
    tool(&["hostname"], &[verb(&["*"])]),
    tool(
        &["ip"],
        &[verb(&[
            "link|addr|address|route|rule|neigh|netns|tunnel|a|r|l",
            "set|add|del|delete|flush|replace|change",
        ])],
    ),
    tool(
        &["tc"],
        &[verb(&[
            "qdisc|class|filter|chain|action",
            "add|del|delete|change|replace|link|flush",
        ])],
    ),
    tool(
        &["journalctl"],
        &[with(
            &[],
            &[
                "vacuum-size",
                "vacuum-time",
                "vacuum-files",
                "rotate",
                "flush",
                "relinquish-var",
            ],
        )],
    ),
    tool(
        &["auditctl"],
        &[unless(&[], &["l", "s", "list", "status", "help"])],
    ),
    tool(&["ifconfig"], &[verb(&["*", "up|down|*"])]),
    tool(&["route"], &[verb(&["add|del|flush"])]),
    tool(
        &[
            "apt", "apt-get", "aptitude", "dnf", "yum", "zypper", "apk", "brew", "snap", "flatpak",
        ],
        &[
            verb(&[
                "remove|purge|autoremove|erase|del|uninstall|dist-upgrade|full-upgrade|upgrade",
            ]),
            verb(&["install|reinstall|add|update"]),
        ],
    ),
    tool(&["pacman"], &[with(&[], &["R", "S", "U"])]),
    tool(
        &["dpkg", "rpm"],
        &[with(
            &[],
            &[
                "r", "P", "remove", "purge", "e", "erase", "i", "install", "U", "F", "unpack",
            ],
        )],
    ),
    tool(
        &["modprobe", "insmod", "rmmod", "kexec"],
        &[unless(
            &[],
            &["help", "version", "n", "dry-run", "show-depends"],
        )],
    ),
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    match command.name {
        "sudo" | "doas" | "pkexec" | "run0" | "su" | "runuser" | "gosu" | "su-exec"
        | "sudoedit" | "nsenter" => {
            return walker.deny(&RAISE, &command.shown());
        }
        "chmod" | "chown" | "chgrp" | "chattr" | "setfacl" | "chcon" | "setfattr" => {
            return modes(command, walker);
        }
        "busybox" | "toybox" if command.args.iter().any(|a| a.text() == "--install") => {
            let to = command.args.iter().rfind(|a| !a.text().starts_with('-'));
            let to = to.cloned().unwrap_or_else(|| Value::new("/bin"));
            return fs::access(walker, Access::Write, &to).map(|_| ());
        }
        "setcap" => return walker.deny(&SET_ID, &command.shown()),
        _ => {}
    }
    by_verb(TOOLS, command, walker)
}

fn modes(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let spec = Spec {
        valued: match command.name {
            "setfacl" => "mxMX",
            "setfattr" => "nvx",
            _ => "",
        },
        longs: &["modify", "set-file", "name", "value"],
    };
    // A mode such as `-w` or `+x` looks like an option; it is no path.
    let parsed = args::parse(command.args, &spec);
    // An attribute that is taken off looks like an option too.
    let is_set = |mode: &str| mode.starts_with(['+', '=']);
    let takes_mode = !matches!(command.name, "setfacl" | "setfattr")
        && (command.name != "chattr" || parsed.operand(0).is_some_and(is_set))
        && !parsed.any(&["reference"])
        && !command.args.iter().any(|a| {
            command.name == "chmod"
                && a.text().starts_with('-')
                && a.text().chars().skip(1).all(|c| "rwxXst,ugo+=".contains(c))
                && a.text().len() > 1
        });
    let paths = parsed
        .operands
        .iter()
        .copied()
        .skip(usize::from(takes_mode));
    if command.name == "chmod" && takes_mode {
        let mode = parsed.operand(0).unwrap_or_default();
        let octal = mode.len() >= 4 && mode.chars().all(|c| c.is_digit(8));
        let digits = mode.trim_start_matches('0');
        let special = octal && digits.len() == 4 && !digits.starts_with('1');
        let symbolic = mode.contains('s') && (mode.contains('+') || mode.contains('='));
        if special || symbolic {
            walker.deny(&SET_ID, mode)?;
        }
    }
    fs::all(walker, Access::Write, paths)
}
