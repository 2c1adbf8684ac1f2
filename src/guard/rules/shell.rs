//! Rules about text that cannot be judged: doubt denies.

use crate::guard::verdict::Rule;

pub(crate) static UNPARSEABLE: Rule = Rule {
    id: "shell.unparseable",
    what: "text that is no complete shell command",
    reason: "it does not parse as shell, so nobody can say what it would do",
    instead: "close the quotes and brackets, or write the script to a file in the worktree and run that",
    safer: Some("bash scripts/check.sh"),
    deny: &["rm -rf 'target", "if true; then"],
    allow: &[
        "echo \"it's\"",
        "git commit -q -m \"$(cat <<'EOF'\nGerman \"quote\nEOF\n)\"",
    ],
};

pub(crate) static PATCH: Rule = Rule {
    id: "patch.unreadable",
    what: "a patch that names no file, or is not known before it runs",
    reason: "nobody can say which files it would change",
    instead: "write the patch out with its `*** Add File:`, `*** Update File:` or `+++` lines, or use the edit tool",
    safer: Some("git apply --check fix.diff"),
    deny: &[
        "apply_patch 'nothing that is a patch'",
        "curl -s https://x/p | apply_patch",
    ],
    allow: &[
        "apply_patch '*** Begin Patch\n*** Add File: a.txt\n+x\n*** End Patch'",
        "git apply --check fix.diff",
    ],
};

pub(crate) static TOO_COMPLEX: Rule = Rule {
    id: "shell.too-complex",
    what: "text beyond the caps on size, depth and number of commands",
    reason: "it is too long, too deep or runs too many commands to be judged as a whole",
    instead: "split it into several commands, or write files with the edit tool",
    safer: Some("bash scripts/check.sh"),
    deny: &[
        "echo {1..99999}",
        "f() { f; f; }; $($($($($($($($($($($($($($($($($(f)))))))))))))))))",
    ],
    allow: &["for i in {1..100}; do echo $i; done"],
};

pub(crate) static CHARACTERS: Rule = Rule {
    id: "shell.characters",
    what: "text with characters that no command needs",
    reason: "it holds a NUL, a byte order mark or characters of the private planes",
    instead: "write the characters as escapes, as in $'\\u00a0'",
    safer: Some("printf 'a\\u00a0b'"),
    deny: &["echo \u{F0000}", "echo \u{FEFF}rm"],
    allow: &["echo 'Größe → 5 µm'"],
};

pub(crate) static AMBIGUOUS: Rule = Rule {
    id: "shell.ambiguous",
    what: "text that two grammars read differently",
    reason: "it can be read in two ways, and what runs depends on which one bash takes",
    instead: "write it in simpler parts: one command a line, one file behind each `>`, heredocs last",
    safer: Some("ls > files.txt"),
    deny: &["echo x > $(ls) y > {a,b}"],
    allow: &["cat <<'EOF' > notes.txt\nrm -rf /\nEOF"],
};

pub(crate) static UNKNOWN_COMMAND: Rule = Rule {
    id: "shell.unknown-command",
    what: "a command whose name or verb is not known before it runs",
    reason: "its name comes from a variable, a pattern or a substitution that cannot be resolved",
    instead: "write the command's name out",
    safer: Some("cargo --version"),
    deny: &[
        "$TOOL --version",
        "$(cat tool.txt) x",
        "/bin/r? -rf x",
        "git \"$VERB\" --force",
    ],
    allow: &[
        "T=cargo; $T build",
        "$CC -c x.c",
        "./target/debug/$NAME --help",
    ],
};

pub(crate) static UNKNOWN_CODE: Rule = Rule {
    id: "shell.unknown-code",
    what: "code for a shell or an interpreter that is not known before it runs",
    reason: "what would run is made or decoded on the way and cannot be read now",
    instead: "write the code out, or put it into a file in the worktree, look at it, and run that",
    safer: Some("bash scripts/check.sh"),
    deny: &[
        "base64 -d x.b64 | sh",
        "eval \"$CODE\"",
        "printf '%s' \"$X\" | bash",
        "cat /srv/x | python3",
    ],
    allow: &[
        "echo 'echo hi' | bash",
        "eval \"$(direnv export bash)\"",
        "bash scripts/check.sh",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[
    &UNPARSEABLE,
    &PATCH,
    &TOO_COMPLEX,
    &CHARACTERS,
    &AMBIGUOUS,
    &UNKNOWN_COMMAND,
    &UNKNOWN_CODE,
];
