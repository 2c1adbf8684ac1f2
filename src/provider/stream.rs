//! A line of an agent's standard output → a sign of what it does.
//!
//! Invariant: any bytes are accepted; what is not understood is no sign.

use serde::{Deserialize, Serialize};

/// How a CLI writes what it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// JSON lines with a `type` of `step` or `progress` among free text.
    #[default]
    Script,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// One step: a turn of the model, a tool call.
    Step,
    /// Something came of it: a tool result, a diff, a commit.
    Progress,
}

#[derive(Deserialize)]
struct ScriptLine {
    r#type: String,
}

impl Stream {
    /// Reads one line, without its end.
    pub fn parse(&mut self, line: &[u8]) -> Option<Signal> {
        match self {
            Stream::Script => {
                let line = line.trim_ascii();
                if line.first() != Some(&b'{') {
                    return None;
                }
                let line: ScriptLine = serde_json::from_slice(line).ok()?;
                match line.r#type.as_str() {
                    "step" => Some(Signal::Step),
                    "progress" => Some(Signal::Progress),
                    _ => None,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_and_progress_are_seen_whatever_else_the_object_holds() {
        let mut stream = Stream::Script;
        let step = br#"  {"n":1,"type":"step","x":{"type":"progress"}}  "#;
        assert_eq!(stream.parse(step), Some(Signal::Step));
        assert_eq!(
            stream.parse(br#"{"type":"progress"}"#),
            Some(Signal::Progress)
        );
    }

    #[test]
    fn text_other_types_and_broken_json_are_no_signs() {
        for line in [
            &b"step"[..],
            b"{\"type\":\"stepp\"}",
            b"{\"type\":1}",
            b"{\"type\":\"step\"",
            b"[{\"type\":\"step\"}]",
            b"",
        ] {
            assert_eq!(Stream::Script.parse(line), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(line in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Stream::Script.parse(&line);
        }
    }
}
