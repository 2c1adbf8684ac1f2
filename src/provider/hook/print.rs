//! A tool call → the print by which its judgement and what ran are matched.
//!
//! Invariant: hook and output of one call give the same print, though a CLI may tell each of them
//! in its own way: a path absolute or not, a command wrapped in a shell and quoted. So
//! of a path its last name counts, of a text its letters and digits. Next: `model::proof`.

use super::{
    Cli,
    arguments::{named, text, texts},
    tools::How,
};
use crate::model::CallPrint;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Characters of a call's id.
const ID_CHARS_MAX: usize = 120;
/// Bytes of a print.
const PRINT_BYTES: usize = 12;
/// How a patch begins, also one that Codex takes out of a shell command.
const PATCH: &str = "*** Begin Patch";
/// How the lines of a patch begin that name what it changes.
const CHANGES: [&str; 3] = ["*** Add File: ", "*** Update File: ", "*** Delete File: "];
/// What a command may be handed to as a text.
const SHELLS: [&str; 4] = ["bash", "sh", "zsh", "dash"];

impl Cli {
    /// A call by what the hook is told; of a payload that cannot be read, as far as it can.
    #[must_use]
    pub fn told(self, payload: &[u8]) -> CallPrint {
        let payload: Value = serde_json::from_slice(payload).unwrap_or_default();
        let part = |name: &str| payload.get(name).and_then(Value::as_str);
        let Some(tool) = part("tool_name") else {
            return CallPrint::default();
        };
        self.print(part("tool_use_id"), tool, payload.get("tool_input"))
    }

    /// A call by its tool and that tool's input.
    pub(in crate::provider) fn print(
        self,
        id: Option<&str>,
        tool: &str,
        input: Option<&Value>,
    ) -> CallPrint {
        let none = Map::new();
        let input = input.and_then(Value::as_object).unwrap_or(&none);
        let how = self.tools().iter().find(|(name, _)| *name == tool);
        match how.map(|(_, how)| *how) {
            Some(How::Run(field) | How::Patch(field)) => {
                let text = text(input.get(field)).unwrap_or_default();
                if self == Cli::Codex && text.contains(PATCH) {
                    return self.changes(id, changed(&text));
                }
                print(id, tool, &letters(unwrapped(&text)))
            }
            Some(How::Write(field)) => {
                let mut files = Vec::new();
                named(input, field, &mut files);
                print(id, tool, &names(files.iter().map(String::as_str)))
            }
            Some(How::Read(fields) | How::Search(fields, _)) => {
                let files: Vec<String> = fields.iter().flat_map(|f| texts(input.get(*f))).collect();
                print(id, tool, &names(files.iter().map(String::as_str)))
            }
            Some(How::Names(field, _) | How::Fetch(field)) => {
                print(id, tool, &letters(&texts(input.get(field)).concat()))
            }
            Some(How::Nothing) | None => print(id, tool, ""),
        }
    }

    /// A patch by the files that it changes.
    pub(in crate::provider) fn changes<'a>(
        self,
        id: Option<&str>,
        files: impl IntoIterator<Item = &'a str>,
    ) -> CallPrint {
        print(id, "patch", &names(files))
    }
}

fn print(id: Option<&str>, tool: &str, what: &str) -> CallPrint {
    let hash = Sha256::digest(format!("{tool}\n{what}"));
    let bytes = hash.iter().take(PRINT_BYTES);
    CallPrint {
        id: id.map(|id| id.chars().take(ID_CHARS_MAX).collect()),
        print: bytes.map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn names<'a>(files: impl IntoIterator<Item = &'a str>) -> String {
    let last = |file: &'a str| file.rsplit('/').find(|part| !part.is_empty());
    let names: BTreeSet<&str> = files.into_iter().filter_map(last).collect();
    names.into_iter().collect::<Vec<_>>().join("/")
}

fn changed(patch: &str) -> Vec<&str> {
    let named = |line: &'_ str| -> Option<usize> {
        CHANGES
            .iter()
            .find(|begin| line.starts_with(**begin))
            .map(|begin| begin.len())
    };
    let lines = patch.lines();
    lines
        .filter_map(|line| line.get(named(line)?..).map(str::trim))
        .collect()
}

/// The text that a shell is handed: of `/usr/bin/bash -lc 'git status'` what is quoted.
fn unwrapped(text: &str) -> &str {
    let bare = |word: &str| word.trim_matches(['\'', '"']).to_owned();
    let Some((shell, rest)) = text.trim_start().split_once(char::is_whitespace) else {
        return text;
    };
    let Some((option, rest)) = rest.trim_start().split_once(char::is_whitespace) else {
        return text;
    };
    let (shell, option) = (bare(shell), bare(option));
    let is_shell = shell
        .rsplit('/')
        .next()
        .is_some_and(|name| SHELLS.contains(&name));
    if is_shell && option.starts_with('-') && option.ends_with('c') {
        rest
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn print_of(cli: Cli, tool: &str, input: Value) -> String {
        cli.print(None, tool, Some(&input)).print
    }

    #[test]
    fn a_call_has_one_print_however_its_cli_tells_it() {
        let run = |command: Value| print_of(Cli::Codex, "Bash", json!({"command": command}));
        let plain = run(json!("echo 'it works' > a"));
        for other in [
            json!("/usr/bin/bash -lc \"echo 'it works' > a\""),
            json!(["bash", "-lc", "echo 'it works' > a"]),
        ] {
            assert_eq!(run(other.clone()), plain, "{other}");
        }
        let patch = "*** Begin Patch\n*** Update File: src/a.rs\n*** Move to: src/b.rs\n@@\n*** Add File: c\n+x\n*** End Patch";
        let seen = Cli::Codex.changes(None, ["/srv/c", "/srv/src/a.rs"]).print;
        assert_eq!(
            print_of(Cli::Codex, "apply_patch", json!({"command": patch})),
            seen
        );
        assert_eq!(run(json!(format!("apply_patch <<'E'\n{patch}\nE"))), seen);
        let write = |path: &str| {
            print_of(
                Cli::Claude,
                "Write",
                json!({"file_path": path, "content": "x"}),
            )
        };
        assert_eq!(write("src/a.rs"), write("/srv/src/a.rs"));
    }

    #[test]
    fn other_calls_have_other_prints() {
        let mut seen = BTreeSet::new();
        for (tool, input) in [
            ("Bash", json!({"command": "git status"})),
            ("Bash", json!({"command": "git push --force"})),
            ("Write", json!({"file_path": "a"})),
            ("Edit", json!({"file_path": "a"})),
            ("Edit", json!({"file_path": "b"})),
            ("Read", json!({"file_path": "b"})),
            ("WebFetch", json!({"url": "https://a.example"})),
            ("WebFetch", json!({"url": "https://b.example"})),
            ("TodoWrite", json!({})),
            ("mcp__adf__report", json!({})),
            ("Bash", Value::Null),
        ] {
            assert!(seen.insert(print_of(Cli::Claude, tool, input)), "{tool}");
        }
    }

    #[test]
    fn any_payload_is_known_as_far_as_it_can_be_read() {
        assert_eq!(Cli::Claude.told(b"{garbage"), CallPrint::default());
        let told =
            Cli::Claude.told(br#"{"tool_name":"Bash","tool_use_id":"toolu_1","tool_input":7}"#);
        assert_eq!(told.id.as_deref(), Some("toolu_1"));
        assert_eq!(told.print, print_of(Cli::Claude, "Bash", json!({})));
    }
}
