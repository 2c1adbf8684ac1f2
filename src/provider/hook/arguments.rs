//! The arguments of a tool call → the commands, files and addresses in them.
//!
//! Invariant: what cannot be read as what it should be, or is empty, is an error:
//! nobody could say what the CLI makes of it.

use super::tools::How;
use super::{Cli, Want};
use serde_json::{Map, Value};

/// How many files or addresses one call may name.
const NAMES_MAX: usize = 1_000;

type Input = Map<String, Value>;

/// An argument that is not known and could move the call, however deep it stands.
pub(super) fn stranger(cli: Cli, how: How, input: &Input) -> Option<String> {
    input.iter().find_map(|(key, value)| {
        let is_text = value.is_string() || value.is_array() || value.is_object();
        if !how.knows(cli, key, is_text) {
            return Some(key.clone());
        }
        match value {
            Value::Object(inner) => stranger(cli, how, inner),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_object)
                .find_map(|inner| stranger(cli, how, inner)),
            _ => None,
        }
    })
}

/// A folder, which is not named where it is empty.
pub(super) fn folder(
    tool: &str,
    key: &str,
    value: Option<&Value>,
) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(path)) if path.is_empty() => Ok(None),
        Some(Value::String(path)) if !path.starts_with('~') && !path.contains('$') => {
            Ok(Some(path.clone()))
        }
        Some(_) => Err(format!(
            "the folder `{key}` of `{tool}` cannot be read; write it out, absolute or from where you are"
        )),
    }
}

/// What a call would do.
pub(super) fn wants(tool: &str, how: How, input: &Input) -> Result<Want, String> {
    let needed = |field: &str| {
        let text = text(input.get(field)).filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| {
            format!("the call of `{tool}` has no text in `{field}`; call it with one")
        })
    };
    let wanted = match how {
        How::Run(field) => Want::Run(needed(field)?),
        How::Patch(field) => Want::Patch(needed(field)?),
        How::Write(field) => {
            needed(field)?;
            let mut files = Vec::new();
            named(input, field, &mut files);
            Want::Write(files)
        }
        How::Read(fields) => Want::Read(fields.iter().flat_map(|f| texts(input.get(*f))).collect()),
        How::Names(pattern, folders) => {
            let folder = folders.iter().flat_map(|f| texts(input.get(*f))).next();
            let names = texts(input.get(pattern)).into_iter();
            let below = names.map(|name| below(folder.as_deref(), name));
            Want::Read(below.chain(folder.clone()).collect())
        }
        How::Search(folders, patterns) => {
            let folder = folders.iter().flat_map(|f| texts(input.get(*f))).next();
            let mut names: Vec<String> =
                patterns.iter().flat_map(|p| texts(input.get(*p))).collect();
            if names.is_empty() && folder.is_some() {
                names.push("**".to_owned());
            }
            let below = names.into_iter().map(|name| below(folder.as_deref(), name));
            Want::Read(below.chain(folder.clone()).collect())
        }
        How::Fetch(field) => {
            let text = needed(field)?;
            let words = text.split(|c: char| c.is_whitespace() || "<>\"'`()".contains(c));
            let ends = [',', '.', ';', ':', '!', '?'];
            let urls = words
                .filter(|word| !word.is_empty() && (is_address(word) || field == "url"))
                .map(|word| {
                    if field == "url" {
                        word
                    } else {
                        word.trim_end_matches(ends)
                    }
                });
            Want::Fetch(urls.map(str::to_owned).collect())
        }
        How::Nothing => Want::Nothing,
    };
    let count = match &wanted {
        Want::Write(names) | Want::Read(names) | Want::Fetch(names) => names.len(),
        Want::Run(_) | Want::Patch(_) | Want::Nothing => 0,
    };
    if count > NAMES_MAX {
        return Err(format!(
            "the call of `{tool}` names {count} things and at most {NAMES_MAX} are judged; make several calls"
        ));
    }
    Ok(wanted)
}

/// A name below a folder, if one is told and the name needs it.
fn below(folder: Option<&str>, name: String) -> String {
    match folder {
        Some(folder) if !name.starts_with(['/', '~']) => format!("{folder}/{name}"),
        _ => name,
    }
}

/// Whether a word of a text is taken for an address: by its scheme, or by a host of dots or
/// colons with a path behind it.
fn is_address(word: &str) -> bool {
    let host = word.split(['/', '?', '#']).next().unwrap_or_default();
    let inside = host.trim_matches(['.', ',', ':', ';', '!']);
    word.contains("://")
        || inside.contains(['.', ':'])
        || host.len() < word.len() && !host.is_empty()
}

/// Text, or the words of a command as one line of shell text.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Option<Vec<String>> = words.iter().map(|w| quoted(w.as_str()?)).collect();
            words
                .filter(|words| !words.is_empty())
                .map(|words| words.join(" "))
        }
        _ => None,
    }
}

/// A word in single quotes, as a shell takes it whole.
fn quoted(word: &str) -> Option<String> {
    Some(format!("'{}'", word.replace('\'', "'\\''")))
}

/// All texts of one name, however deep they stand.
pub(super) fn named(input: &Input, field: &str, files: &mut Vec<String>) {
    for (key, value) in input {
        match value {
            Value::String(path) if key == field => files.push(path.clone()),
            Value::Object(inner) => named(inner, field, files),
            Value::Array(items) => items
                .iter()
                .filter_map(Value::as_object)
                .for_each(|inner| named(inner, field, files)),
            _ => {}
        }
    }
}

/// One path or several; none is the working directory, which may be read.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(path)) => vec![path.clone()],
        Some(Value::Array(paths)) => {
            let paths = paths.iter().filter_map(Value::as_str);
            paths.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
