//! The table of programs that run another program: which of their options take
//! a value, and how many operands stand before the command.
//!
//! Invariant: const data. A wrapper whose command is not one argv (`find`,
//! `ssh`, `docker exec` …) has its own code in `peel`.

use crate::guard::args::Spec;

/// How the command of a wrapper is found.
#[derive(Debug)]
pub(super) struct Wrapper {
    pub(super) names: &'static [&'static str],
    /// Letters of options that take a value.
    pub(super) valued: &'static str,
    /// Long options that take a value in the next word.
    pub(super) longs: &'static [&'static str],
    /// Operands before the command.
    pub(super) operands: usize,
    /// Whether assignments may stand before the command.
    pub(super) assigns: bool,
}

impl Wrapper {
    /// How its options are read.
    pub(super) const fn spec(&self) -> Spec {
        Spec {
            valued: self.valued,
            longs: self.longs,
        }
    }
}

const fn plain(names: &'static [&'static str], valued: &'static str) -> Wrapper {
    Wrapper {
        names,
        valued,
        longs: &[],
        operands: 0,
        assigns: false,
    }
}

const fn after(names: &'static [&'static str], valued: &'static str, operands: usize) -> Wrapper {
    Wrapper {
        names,
        valued,
        longs: &[
            "signal",
            "kill-after",
            "userspec",
            "groups",
            "timeout",
            "wait",
        ],
        operands,
        assigns: false,
    }
}

/// All of them.
pub(super) const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        names: &["sudo"],
        valued: "CDghpRrTtUu",
        longs: &[
            "user",
            "group",
            "host",
            "prompt",
            "chdir",
            "chroot",
            "close-from",
            "role",
            "type",
            "other-user",
            "command-timeout",
        ],
        operands: 0,
        assigns: true,
    },
    Wrapper {
        names: &["doas", "please", "pkexec", "run0", "gosu", "su-exec"],
        valued: "uC",
        longs: &["user"],
        operands: 0,
        assigns: true,
    },
    Wrapper {
        names: &["nice"],
        valued: "n",
        longs: &["adjustment"],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["ionice"],
        valued: "cnpPu",
        longs: &["class", "classdata", "pid"],
        operands: 0,
        assigns: false,
    },
    plain(
        &[
            "nohup",
            "setsid",
            "unbuffer",
            "chronic",
            "catchsegv",
            "nocache",
            "eatmydata",
        ],
        "",
    ),
    plain(
        &[
            "caffeinate",
            "rlwrap",
            "torsocks",
            "proxychains",
            "proxychains4",
            "fakeroot",
        ],
        "l",
    ),
    plain(
        &[
            "dbus-run-session",
            "setarch",
            "linux32",
            "linux64",
            "i386",
            "x86_64",
        ],
        "",
    ),
    Wrapper {
        names: &["stdbuf"],
        valued: "ioe",
        longs: &["input", "output", "error"],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["time", "gtime"],
        valued: "fo",
        longs: &["format", "output"],
        operands: 0,
        assigns: false,
    },
    plain(&["-", "--", "busybox", "toybox", "shx"], ""),
    plain(&["exec"], "a"),
    after(&["timeout", "gtimeout"], "ks", 1),
    after(&["chrt"], "TPD", 1),
    after(&["taskset"], "", 1),
    after(&["faketime"], "f", 1),
    plain(&["strace", "ltrace"], "abeEIoOpPsSuUX"),
    plain(&["valgrind", "heaptrack", "perf-exec", "gdbserver"], ""),
    plain(&["xvfb-run"], "nefspw"),
    Wrapper {
        names: &["setpriv"],
        valued: "",
        longs: &[
            "reuid",
            "regid",
            "ruid",
            "rgid",
            "euid",
            "egid",
            "groups",
            "inh-caps",
            "ambient-caps",
            "bounding-set",
            "securebits",
            "pdeathsig",
            "selinux-label",
            "apparmor-profile",
            "landlock-access",
            "landlock-rule",
        ],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["numactl"],
        valued: "NCimpPw",
        longs: &[
            "cpunodebind",
            "physcpubind",
            "interleave",
            "membind",
            "preferred",
            "weighted-interleave",
        ],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["systemd-inhibit"],
        valued: "",
        longs: &["what", "who", "why", "mode"],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["prlimit", "cpulimit", "choom"],
        valued: "lpen",
        longs: &["adjust", "limit", "pid"],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["unshare"],
        valued: "RwSG",
        longs: &["root", "wd", "setuid", "setgid", "propagation"],
        operands: 0,
        assigns: false,
    },
    Wrapper {
        names: &["systemd-run"],
        valued: "pHMEuC",
        longs: &[
            "property",
            "unit",
            "setenv",
            "description",
            "slice",
            "uid",
            "gid",
            "nice",
            "host",
            "machine",
            "capsule",
            "background",
            "job-mode",
            "service-type",
            "expand-environment",
            "working-directory",
            "root-directory",
        ],
        operands: 0,
        assigns: false,
    },
    plain(&["watchexec", "nodemon"], "weidfsx"),
    plain(&["proot"], "rbqwvkpRSm"),
    plain(&["cgexec"], "g"),
    plain(
        &[
            "firejail",
            "uvx",
            "pnpx",
            "bunx",
            "dotenv",
            "doppler",
            "aws-vault",
        ],
        "p",
    ),
    Wrapper {
        names: &["npx"],
        valued: "pcw",
        longs: &["package", "call", "workspace"],
        operands: 0,
        assigns: false,
    },
    plain(
        &[
            "entr",
            "ts",
            "hyperfine-exec",
            "retry",
            "with-lock-ex",
            "envdir",
            "dumb-init",
            "tini",
        ],
        "t",
    ),
];

/// Launchers: the words that stand before the command.
pub(super) const LAUNCHERS: &[(&str, &[&str])] = &[
    ("uv", &["run"]),
    ("uv", &["tool", "run"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("pdm", &["run"]),
    ("hatch", &["run"]),
    ("rye", &["run"]),
    ("pixi", &["run"]),
    ("pipx", &["run"]),
    ("conda", &["run"]),
    ("mamba", &["run"]),
    ("micromamba", &["run"]),
    ("npm", &["exec"]),
    ("npm", &["x"]),
    ("pnpm", &["exec"]),
    ("pnpm", &["dlx"]),
    ("yarn", &["exec"]),
    ("yarn", &["dlx"]),
    ("bun", &["x"]),
    ("bundle", &["exec"]),
    ("rbenv", &["exec"]),
    ("pyenv", &["exec"]),
    ("nodenv", &["exec"]),
    ("asdf", &["exec"]),
    ("mise", &["exec"]),
    ("mise", &["x"]),
    ("direnv", &["exec"]),
    ("op", &["run"]),
    ("doppler", &["run"]),
    ("aws-vault", &["exec"]),
    ("rustup", &["run"]),
    ("nix", &["shell"]),
    ("nix", &["develop"]),
    ("nix", &["run"]),
    ("perf", &["stat"]),
    ("perf", &["record"]),
    ("go", &["tool"]),
    ("opam", &["exec"]),
    ("devbox", &["run"]),
    ("mix", &["cmd"]),
    ("turbo", &["exec"]),
    ("stack", &["exec"]),
    ("cabal", &["exec"]),
    ("docker-compose", &["exec"]),
];

/// Options of launchers that take a value in the next word.
pub(super) const LAUNCHER_VALUES: &[&str] = &[
    "--with",
    "--python",
    "-p",
    "--extra",
    "--group",
    "--package",
    "--project",
    "--directory",
    "--env-file",
    "-n",
    "--name",
    "--prefix",
    "--spec",
    "-e",
    "-o",
    "-c",
    "--command",
];

/// Packages whose program has another name, by the last part of theirs.
const PACKAGES: &[(&str, &str)] = &[
    ("claude-code", "claude"),
    ("gemini-cli", "gemini"),
    ("opencode-ai", "opencode"),
    ("del-cli", "rimraf"),
];

/// The program of a package that a runner fetches: `@scope/name@version`, or an address.
pub(super) fn program_of(package: &str) -> &str {
    if package.contains("://") {
        return package;
    }
    let name = package.rsplit('/').next().unwrap_or(package);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let other = PACKAGES.iter().find(|(package, _)| *package == name);
    match other {
        Some((_, program)) => program,
        None if package.contains('@') && !name.is_empty() => name,
        None => package,
    }
}
