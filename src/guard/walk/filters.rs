//! Filters: what is left of what flows into them, or of the files they name.
//!
//! Invariant: secrets stay secrets behind every program that prints what it reads, in
//! whatever form; only names, numbers and what is asked for by a harmless name are none.

use super::outlet::is_listing;
use super::{Command, Found, Stream, Walker};
use crate::guard::rules::secrets;
use crate::guard::word::{SECRET, Value};

/// Commands that pass on lines as they are, some of them or in another order.
const LINES: [&str; 13] = [
    "grep", "egrep", "fgrep", "rg", "head", "tail", "sort", "uniq", "cut", "tac", "rev", "column",
    "shuf",
];

/// Commands that pass on what they read in another form.
const FORMS: [&str; 53] = [
    "tr",
    "sed",
    "gsed",
    "awk",
    "gawk",
    "mawk",
    "base64",
    "base32",
    "basenc",
    "gunzip",
    "zcat",
    "gzip",
    "bzip2",
    "xz",
    "zstd",
    "lz4",
    "brotli",
    "xxd",
    "od",
    "hexdump",
    "hd",
    "jq",
    "yq",
    "nl",
    "fold",
    "fmt",
    "pr",
    "paste",
    "expand",
    "unexpand",
    "strings",
    "iconv",
    "uuencode",
    "openssl",
    "gpg",
    "age",
    "dd",
    "less",
    "more",
    "most",
    "bat",
    "batcat",
    "diff",
    "sdiff",
    "colordiff",
    "cmp",
    "comm",
    "join",
    "split",
    "csplit",
    "tsort",
    "ts",
    "vis",
];

/// Whether a command passes on what it reads.
pub(super) fn is_filter(name: &str) -> bool {
    LINES.contains(&name) || FORMS.contains(&name)
}

impl Stream {
    /// Whether it holds a secret.
    pub(crate) fn is_secret(&self) -> bool {
        match self {
            Stream::Secret => true,
            Stream::Text(text) => text.contains(SECRET),
            _ => false,
        }
    }
}

/// Behind code that an interpreter is given in its words: what it reads, it may print.
pub(super) fn behind(command: &Command<'_>, out: Stream) -> Stream {
    let given = |a: &Value| {
        let letters = a.text().strip_prefix('-').unwrap_or_default();
        letters.contains(['c', 'e', 'n', 'p', 'r'])
    };
    let inline = command.name.ends_with("awk") || command.args.iter().any(given);
    if out == Stream::Unknown && inline && command.stdin.is_secret() && !names_only(command) {
        return Stream::Secret;
    }
    out
}

/// A secret that would stay in a file: the factory delivers what is committed.
pub(super) fn stored(walker: &Walker<'_>, out: &Stream, path: &str) -> Found {
    if out.is_secret() && path != "/dev/null" {
        return walker.deny(&secrets::SHOW, path);
    }
    Ok(())
}

/// What the files hold that a filter names.
fn files(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let operands = command.args.iter().filter(|a| !is_listing(a));
    operands.fold(Stream::Empty, |out, file| out.then(walker.content(file)))
}

/// What is left behind a filter.
pub(super) fn of(command: &Command<'_>, walker: &Walker<'_>) -> Stream {
    let lists = command.name.ends_with("rg") || command.name.ends_with("grep");
    let letters = |a: &Value| {
        a.text().starts_with('-') && !a.text().starts_with("--") && a.text().contains(['l', 'L'])
    };
    let by_name = |a: &Value| a.text().starts_with("--files");
    if lists && command.args.iter().any(|a| letters(a) || by_name(a)) {
        let operands: Vec<&Value> = command
            .args
            .iter()
            .filter(|a| !a.text().starts_with('-'))
            .collect();
        let paths = operands.get(1..).unwrap_or_default();
        if paths.is_empty() {
            return Stream::Paths(vec![Value::new(".")]);
        }
        return Stream::Paths(paths.iter().map(|p| (*p).clone()).collect());
    }
    let named = files(command, walker);
    if matches!(named, Stream::Remote | Stream::Secret | Stream::Private) {
        return named;
    }
    match command.stdin {
        Stream::Empty => Stream::Unknown,
        // Names that are no secret's, or how many there are.
        Stream::Secret if lists && asks_for_others(command.args) => Stream::Unknown,
        Stream::Secret if names_only(command) => Stream::Unknown,
        // A program may turn names into anything.
        Stream::Paths(_) if FORMS.contains(&command.name) => Stream::Unknown,
        other => other.clone().filtered(),
    }
}

/// Whether a search of the environment is for what holds no secret.
fn asks_for_others(args: &[Value]) -> bool {
    if args
        .iter()
        .any(|a| matches!(a.text(), "-c" | "-q" | "--count" | "--quiet"))
    {
        return true;
    }
    if args
        .iter()
        .any(|a| matches!(a.text(), "-v" | "--invert-match"))
    {
        return false;
    }
    let pattern = args.iter().find(|a| !is_listing(a)).map(Value::text);
    let pattern = pattern.unwrap_or_default().to_ascii_uppercase();
    let words = pattern.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let holds = |word: &&&str| {
        word.len() < 2
            || SECRETS
                .iter()
                .any(|s| s.contains(**word) || s.len() > 3 && word.contains(s))
    };
    !words.is_empty() && words.iter().find(holds).is_none()
}

/// Parts of names and values that say a secret.
const SECRETS: [&str; 12] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "APIKEY",
    "KEY",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "ANTHROPIC",
    "OPENAI",
    "GEMINI",
];

/// `cut -d= -f1`, `awk -F= '{print $1}'`: names without what they hold.
fn names_only(command: &Command<'_>) -> bool {
    let has = |text: &str| command.args.iter().any(|a| a.text() == text);
    match command.name {
        "cut" => has("-d=") && (has("-f1") || has("-f 1")),
        "awk" => has("-F=") && has("{print $1}"),
        "sed" => command.args.iter().any(|a| a.text().starts_with("s/=.*/")),
        _ => false,
    }
}
