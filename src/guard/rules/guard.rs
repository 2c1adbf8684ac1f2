//! Tampering: the guard, the agents' command lines and their hooks, git's hooks.
//!
//! Invariant: reading any of it is allowed. Places are told by `place::Hooks`;
//! here are the rules and the programs that change such set-up by themselves.

use crate::guard::args;
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static TAMPER: Rule = Rule {
    id: "guard.tamper",
    what: "changing what sets up an agent's command line, its hooks or git's hooks",
    reason: "these files decide what is judged and what runs by itself; they are the factory's",
    instead: "leave them; say in your report what should change",
    safer: Some("cat .claude/settings.json"),
    deny: &[
        "echo '{}' > .claude/settings.json",
        "echo '{}' > .mcp.json",
        "rm -rf ~/.claude",
        "chmod +x .git/hooks/pre-commit",
        "sed -i s/a/b/ ~/.codex/config.toml",
        "echo x >> ~/.bashrc",
    ],
    allow: &[
        "tail -n 20 .claude/settings.json",
        "cp ~/.claude/settings.json /tmp/settings.bak",
        "ls -l .git/hooks",
        "echo '.claude' >> .gitignore",
    ],
};

pub(crate) static HOOKS_PATH: Rule = Rule {
    id: "guard.hooks-path",
    what: "settings of git that name hooks or another work tree",
    reason: "it changes which hooks run for this clone",
    instead: "leave the hooks as they are; run the checks by hand",
    safer: Some("git config --get core.hooksPath"),
    deny: &[
        "git config --unset core.hooksPath",
        "git -c core.hooksPath=/dev/null commit -m x",
    ],
    allow: &[
        "git config core.autocrlf input",
        "git config --get core.hooksPath",
    ],
};

pub(crate) static GIT_PROGRAM: Rule = Rule {
    id: "guard.git-program",
    what: "settings of git that run programs or redirect what is fetched and sent",
    reason: "git would run it by itself later, unseen",
    instead: "run the program yourself when it is needed",
    safer: Some("git config pull.rebase true"),
    deny: &[
        "git config core.fsmonitor ./x.sh",
        "git config filter.x.clean ./x.sh",
        "git clone ext::sh x",
    ],
    allow: &[
        "git config alias.st 'status -sb'",
        "git -c core.pager=cat log -5",
    ],
};

pub(crate) static SWITCH_OFF: Rule = Rule {
    id: "guard.switch-off",
    what: "removing, replacing or starting an agent's command line without its guard",
    reason: "what it starts would not be judged, or the guard would be gone",
    instead: "do the work in this run; ask the factory for another agent by `adf agent mention`",
    safer: Some("adf agent mention reviewer 'please look at this'"),
    deny: &[
        "npm uninstall -g agent-guard",
        "claude --dangerously-skip-permissions -p x",
        "gemini --yolo -p x",
        "npm rm -g @anthropic-ai/claude-code",
    ],
    allow: &[
        "claude --version",
        "command -v adf claude",
        "npm uninstall left-pad",
    ],
};

pub(crate) static PRELOAD: Rule = Rule {
    id: "guard.preload",
    what: "variables by which other programs load code at their start",
    reason: "every program started with it would run that code first, unseen",
    instead: "call the program that should run by its name",
    safer: Some("LD_LIBRARY_PATH=target/release ./target/release/demo"),
    deny: &[
        "BASH_ENV=./x.sh bash -c ls",
        "LD_PRELOAD=./x.so ls",
        "PROMPT_COMMAND='rm -rf ~' bash -i",
    ],
    allow: &["RUST_LOG=debug cargo test", "PATH=\"$PWD/bin:$PATH\" make"],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&TAMPER, &HOOKS_PATH, &GIT_PROGRAM, &SWITCH_OFF, &PRELOAD];

const LOADERS: [&str; 12] = [
    "LD_PRELOAD",
    "LD_AUDIT",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "PYTHONSTARTUP",
    "PERL5OPT",
    "PERL5DB",
    "RUBYOPT",
    "NODE_OPTIONS",
    "DYLD_INSERT_LIBRARIES",
    "ZDOTDIR",
];

/// Variables that hold options of the machine that runs Java.
const JAVA: [&str; 4] = [
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "JAVA_OPTS",
];

/// Options by which it loads code.
const JAVA_LOADERS: [&str; 3] = ["-javaagent:", "-agentpath:", "-agentlib:"];

/// Variables set for one command, or for all that follow.
pub(super) fn environment(name: &str, value: &Value, walker: &Walker<'_>) -> Found {
    let harmless = value.text().is_empty()
        || (name == "NODE_OPTIONS"
            && !["-r", "--require", "--import", "--loader"]
                .iter()
                .any(|o| value.text().contains(o)))
        || (name == "RUBYOPT" && value.text().starts_with("-W"));
    if LOADERS.contains(&name) && !harmless {
        return walker.deny(&PRELOAD, name);
    }
    let text = value.text();
    match name {
        _ if JAVA.contains(&name) && JAVA_LOADERS.iter().any(|o| text.contains(o)) => {
            walker.deny(&PRELOAD, name)
        }
        // A function that every shell takes over.
        _ if name.starts_with("BASH_FUNC_") => walker.deny(&PRELOAD, name),
        "GIT_EXEC_PATH" if !text.is_empty() => walker.deny(&GIT_PROGRAM, name),
        // A program of the system answers nothing by itself.
        "GIT_ASKPASS" if text.contains('/') && !is_of_system(text) => {
            walker.deny(&GIT_PROGRAM, name)
        }
        _ => Ok(()),
    }
}

fn is_of_system(path: &str) -> bool {
    ["/bin/", "/usr/bin/"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// Programs that are agents themselves.
const AGENTS: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// Packages whose removal removes an agent or its guard.
const PACKAGES: [&str; 6] = [
    "claude-code",
    "codex",
    "gemini-cli",
    "opencode",
    "guard",
    "adf",
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let args = command.args;
    let shown = command.shown();
    if AGENTS.contains(&command.name) {
        let harmless = args.is_empty()
            || args
                .iter()
                .any(|a| matches!(a.text(), "--version" | "-v" | "--help" | "-h" | "-V"));
        if !harmless {
            return walker.deny(&SWITCH_OFF, &shown);
        }
    }
    if matches!(
        command.name,
        "npm" | "pnpm" | "yarn" | "bun" | "pip" | "pip3" | "cargo" | "pipx" | "uv"
    ) {
        let parsed = args::parse(args, &args::NONE);
        let removes = parsed.operands.iter().any(|a| {
            matches!(
                a.text(),
                "uninstall" | "remove" | "rm" | "un" | "unlink" | "r"
            )
        });
        let global =
            parsed.any(&["g", "global"]) || matches!(command.name, "cargo" | "pipx" | "uv");
        let guarded = |v: &&Value| {
            PACKAGES
                .iter()
                .any(|p| v.text().rsplit('/').next().is_some_and(|n| n.contains(p)))
        };
        if removes && global && parsed.operands.iter().any(guarded) {
            return walker.deny(&SWITCH_OFF, &shown);
        }
    }
    Ok(())
}
