//! Commits that are to be pushed → where in them a secret stands.
//!
//! Invariant: what is searched is what a push would publish: of every new commit its message, its
//! people, the names it changes and the lines it adds, also those that a later one takes out again.
//! Places are named, never values. Files that git takes for binary are searched too, unless that
//! is more than is searched; then text alone. Next: [`super::paths`].

use super::{
    DeliverError,
    paths::{PROTECTED_MAX, Protected, shown},
};
use crate::{
    act::git::{Call, GitError, GitErrorKind, PACK_LIMIT},
    model::Sha,
};
use std::collections::BTreeSet;

/// The longest list of added lines that is searched, in bytes.
const SEARCH_MAX_BYTES: usize = 64 << 20;
/// How a commit is introduced in the list of messages; no message has this byte.
const COMMIT: u8 = 0;

/// The lines that commits add, each file's after its header.
const LINES: &[&str] = &[
    "--format=",
    "--patch",
    "--cc",
    "--unified=0",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// Where secrets stand in the commits after `base`, in words for people.
pub(super) async fn found<'a>(
    call: impl Fn(&'static str) -> Call<'a>,
    base: &Sha,
    head: &Sha,
    protected: &Protected,
) -> Result<BTreeSet<String>, DeliverError> {
    let range = format!("{base}..{head}");
    let log = |args: &[&str]| {
        call("log")
            .args(args.iter().copied())
            .args(["--no-color", "--no-show-signature", range.as_str(), "--"])
            .cap(SEARCH_MAX_BYTES)
            .limit(PACK_LIMIT)
            .run()
    };
    let messages = log(&["--no-patch", "--format=%x00%H%n%an <%ae>%n%cn <%ce>%n%B"]).await;
    let mut lines = log(&[LINES, &["--text"]].concat()).await;
    let is_too_much = |error: &GitError| {
        matches!(
            error.kind,
            GitErrorKind::TooMuchOutput | GitErrorKind::Timeout
        )
    };
    if lines.as_ref().is_err_and(is_too_much) {
        lines = log(LINES).await;
    }
    let mut places = BTreeSet::new();
    for (read, list) in [(in_messages as Search, messages), (in_lines, lines)] {
        match list {
            Ok(list) => read(&list, protected, &mut places),
            Err(error) if error.kind == GitErrorKind::TooMuchOutput => {
                let most = SEARCH_MAX_BYTES >> 20;
                places.insert(format!(
                    "more than {most} MiB of text, too much to be searched for secrets"
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(places.into_iter().take(PROTECTED_MAX).collect())
}

type Search = fn(&[u8], &Protected, &mut BTreeSet<String>);

fn in_messages(list: &[u8], protected: &Protected, places: &mut BTreeSet<String>) {
    for commit in list.split(|byte| *byte == COMMIT) {
        let text = String::from_utf8_lossy(commit);
        let id: String = text.chars().take(10).collect();
        if protected.redactor.knows(&text) {
            places.insert(format!("the message of {id} (a secret of the factory)"));
        } else if protected.redactor.suspects(&text) {
            places.insert(format!("the message of {id} (what looks like a secret)"));
        }
    }
}

fn in_lines(list: &[u8], protected: &Protected, places: &mut BTreeSet<String>) {
    let mut path: &[u8] = b"";
    for line in list.split(|byte| *byte == b'\n') {
        if let Some(named) = header(line) {
            path = named;
        } else if line.starts_with(b"-") || line.starts_with(b"@@") {
            // What goes, and what stands near.
            continue;
        }
        let text = String::from_utf8_lossy(line);
        let place = || protected.redactor.clean(&shown(path)).into_owned();
        if protected.redactor.knows(&text) {
            places.insert(format!("{} (a secret of the factory)", place()));
        } else if protected.redactor.suspects(&text) && !protected.allows(path) {
            places.insert(format!("{} (what looks like a secret)", place()));
        }
    }
}

/// The path that the following lines are of: `diff --git a/x b/x`, `diff --cc x`. No line of a file
/// begins so, because each has a sign before it.
fn header(line: &[u8]) -> Option<&[u8]> {
    if let Some(path) = line.strip_prefix(b"diff --cc ") {
        return Some(path);
    }
    let both = line.strip_prefix(b"diff --git ")?;
    // Both names are the same, because renames are not looked for.
    let (_, second) = both.split_at_checked(both.len().div_ceil(2))?;
    Some(second.strip_prefix(b"b/").unwrap_or(second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    const TOKEN: &str = "ghp_AbCdEfGhIjKlMnOpQrStUv0123456789";

    fn search(by: Search, list: &str) -> Vec<String> {
        let redactor = Redactor::new(&["known-value-1".into()]);
        let protected = Protected::new(&[], &["tests/redact/".into()], redactor);
        let mut places = BTreeSet::new();
        by(list.as_bytes(), &protected, &mut places);
        places.into_iter().collect()
    }

    #[test]
    fn added_lines_and_names_are_searched_and_what_goes_is_not() {
        let of = |path: &str, line: &str| {
            let list = format!(
                "diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n{line}\n"
            );
            search(in_lines, &list)
        };
        assert_eq!(
            of("a b.rs", "+x = known-value-1"),
            ["a b.rs (a secret of the factory)"]
        );
        assert_eq!(
            of("a.rs", &format!("+let t = \"{TOKEN}\";")),
            ["a.rs (what looks like a secret)"]
        );
        assert_eq!(of("a.rs", &format!("-{TOKEN}")), Vec::<String>::new());
        assert_eq!(
            of("a.rs", "+let password = ask_for_the_password();"),
            Vec::<String>::new()
        );
        assert_eq!(
            of(&format!("{TOKEN}.txt"), "+x"),
            ["[redacted].txt (what looks like a secret)"]
        );
        assert_eq!(
            of("tests/redact/a", &format!("+{TOKEN}")),
            Vec::<String>::new()
        );
        assert_eq!(
            of("tests/redact/a", "+known-value-1").len(),
            1,
            "never let through"
        );
        let merged = format!("diff --cc m.rs\n@@@ -1 -1 +1 @@@\n++{TOKEN}\n");
        assert_eq!(
            search(in_lines, &merged),
            ["m.rs (what looks like a secret)"]
        );
    }

    #[test]
    fn messages_are_searched_and_named_by_their_commit() {
        let list = format!(
            "\0{}\na <a@b>\nc <c@d>\nAdd it\n\n{TOKEN}\n\0{}\nfine\n",
            "1".repeat(40),
            "2".repeat(40)
        );
        assert_eq!(
            search(in_messages, &list),
            ["the message of 1111111111 (what looks like a secret)"]
        );
    }
}
