//! SQL text → what it would destroy.
//!
//! Invariant: words inside strings, quoted names and comments do not count; a
//! statement begins where the one before ended.

/// The statement that destroys, if there is one.
pub(super) fn destroys(text: &str) -> Option<String> {
    statements(text)
        .into_iter()
        .find(|words| is_destructive(words))
        .map(|words| words.join(" "))
}

/// The same where the first error ends all: what the statements before made is not counted.
pub(super) fn destroys_others(text: &str) -> Option<String> {
    // Quoted names are left out of the words: who drops one is not told by them.
    let is_plain = !text.contains(['"', '`']);
    let all = statements(text);
    let mut made: Vec<&[String]> = Vec::new();
    for words in &all {
        if is_destructive(words) && !(is_plain && drops_made(words, &made)) {
            return Some(words.join(" "));
        }
        if let Some(new) = makes(words) {
            made.push(new);
        }
    }
    None
}

/// The kind and the name of what a statement makes, unless it may be there already.
fn makes(words: &[String]) -> Option<&[String]> {
    let (first, rest) = words.split_first()?;
    let named = rest.get(..2)?;
    let is_new = first == "create" && !rest.iter().take(4).any(|word| word == "if");
    is_new.then_some(named)
}

/// Whether a statement drops only what the statements before it made.
fn drops_made(words: &[String], made: &[&[String]]) -> bool {
    let Some((first, rest)) = words.split_first() else {
        return false;
    };
    let Some((kind, names)) = rest.split_first() else {
        return false;
    };
    let mut names = names
        .iter()
        .filter(|name| !matches!(name.as_str(), "if" | "exists" | "cascade" | "restrict"))
        .peekable();
    let is_made = |name: &String| made.iter().any(|m| m[0] == *kind && m[1] == *name);
    first == "drop" && names.peek().is_some() && names.all(is_made)
}

/// The database that a statement drops.
pub(super) fn dropped_database(statement: &str) -> Option<&str> {
    let rest = statement.strip_prefix("drop database ")?;
    let name = rest.strip_prefix("if exists ").unwrap_or(rest);
    (!name.contains(' ')).then_some(name)
}

/// Whether a statement that destroys stays inside its database.
pub(super) fn is_inside(statement: &str) -> bool {
    let mut words = statement.split(' ');
    match words.next() {
        Some("truncate" | "delete" | "update" | "alter") => !statement.contains("system"),
        Some("drop") => words.next().is_some_and(|what| {
            matches!(
                what,
                "table"
                    | "view"
                    | "index"
                    | "schema"
                    | "sequence"
                    | "type"
                    | "function"
                    | "trigger"
            )
        }),
        _ => false,
    }
}

/// Whether a statement changes data or tables.
pub(super) fn changes(text: &str) -> bool {
    statements(text).iter().any(|words| {
        matches!(
            words.first().map(String::as_str),
            Some("insert" | "update" | "delete" | "create" | "alter" | "replace" | "vacuum")
        )
    })
}

/// Files that a statement attaches.
pub(super) fn attaches(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find("attach")) {
        let rest = text.get(from + at..).unwrap_or_default();
        let mut parts = rest.split('\'');
        parts.next();
        found.extend(parts.next().map(str::to_owned));
        from += at + "attach".len();
    }
    found
}

/// Whether a line sent to a cache empties it or changes its server.
pub(super) fn flushes(line: &str) -> bool {
    let mut words = line.split_whitespace().map(str::to_ascii_lowercase);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match first.as_str() {
        "flushall" | "flushdb" | "flush_all" | "shutdown" | "del" | "unlink" | "replicaof"
        | "slaveof" | "debug" | "migrate" | "swapdb" | "module" => true,
        "config" => second == "set" || second == "rewrite",
        "script" | "function" => second == "flush",
        "cluster" => second == "reset" || second == "failover",
        "acl" => second == "setuser" || second == "deluser",
        _ => false,
    }
}

fn is_destructive(words: &[String]) -> bool {
    let at = |n: usize| words.get(n).map_or("", String::as_str);
    let has = |word: &str| words.iter().any(|w| w == word);
    match at(0) {
        "drop" | "truncate" | "detach" => true,
        "delete" | "update" => !has("where"),
        "alter" => has("drop") || has("disable"),
        "match" => has("delete"),
        "copy" => has("program"),
        "explain" | "select" => has("pg_terminate_backend") || has("pg_drop_replication_slot"),
        "with" => (has("delete") || has("update")) && !has("where"),
        "shutdown" | "kill" | "reset" | "purge" => true,
        "do" | "begin" | "start" if has("drop") || has("truncate") => true,
        _ => false,
    }
}

/// Words of each statement in lower case, what is quoted or commented left out.
fn statements(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut end = true;
        match c {
            '\'' | '"' | '`' => {
                while chars.next_if(|n| *n != c).is_some() {}
                chars.next();
            }
            '-' if chars.peek() == Some(&'-') => while chars.next_if(|n| *n != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                chars.next();
                for n in chars.by_ref() {
                    if last == '*' && n == '/' {
                        break;
                    }
                    last = n;
                }
            }
            // A command of the client, not a statement: up to the end of the line.
            '\\' => while chars.next_if(|n| *n != '\n').is_some() {},
            _ if c.is_alphanumeric() || c == '_' => {
                word.extend(c.to_lowercase());
                end = false;
            }
            _ => {}
        }
        if end {
            put(&mut all, &mut word);
            if c == ';' {
                all.push(Vec::new());
            }
        }
    }
    put(&mut all, &mut word);
    all
}

fn put(all: &mut [Vec<String>], word: &mut String) {
    if !word.is_empty()
        && let Some(last) = all.last_mut()
    {
        last.push(std::mem::take(word));
    }
}

#[test]
fn only_words_of_statements_count() {
    for text in [
        "drop table x",
        "select 1; TRUNCATE a",
        "delete from t",
        "DROP /* x */ TABLE t",
    ] {
        assert!(destroys(text).is_some(), "{text}");
    }
    for text in [
        "select 'drop table x'",
        "select 1 -- drop",
        "delete from t where id = 1",
        "\\h DROP TABLE",
    ] {
        assert!(destroys(text).is_none(), "{text}");
    }
}
