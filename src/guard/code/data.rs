//! What a code tells and destroys besides files: the environment, requests,
//! statements to databases.
//!
//! Invariant: a variable may be read and the environment handed on; what shows
//! all of it, or a secret of it, is denied.

use super::calls;
use super::languages::Language;
use super::tokens::Token;
use crate::guard::rules::{self, databases, fs, leaks, net, secrets};
use crate::guard::walk::{Found, Walker, parameters};

/// Secrets of the environment that the code names.
pub(super) fn environment(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    let reads_environment = tokens.iter().any(|t| {
        matches!(
            t.name(),
            Some("environ" | "getenv" | "env" | "ENV" | "ENVIRON" | "$_ENV")
        )
    });
    if !reads_environment {
        return Ok(());
    }
    whole(walker, tokens)?;
    bare(walker, tokens)?;
    for token in tokens {
        let name = token.name().or(token.text()).unwrap_or_default();
        let is_variable = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_variable && parameters::is_secret_name(name) {
            walker.deny(&secrets::SHOW, name)?;
        }
    }
    Ok(())
}

/// The whole environment where it is a value of its own, in a code that shows something.
fn bare(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    const SHOWS: [&str; 13] = [
        "p", "pp", "print", "printf", "puts", "say", "echo", "warn", "write", "print_r",
        "var_dump", "Dumper", "inspect",
    ];
    const ASKS: [&str; 8] = [
        "fetch", "key", "keys", "has_key", "include", "dig", "delete", "slice",
    ];
    let shows = |token: &Token| token.name().is_some_and(|name| SHOWS.contains(&name));
    if !tokens.iter().any(shows) {
        return Ok(());
    }
    for (at, token) in tokens.iter().enumerate() {
        let is = |n: usize, sign: char| tokens.get(at + n).is_some_and(|t| t.is(sign));
        let asks = is(1, '.')
            && tokens
                .get(at + 2)
                .and_then(Token::name)
                .is_some_and(|name| ASKS.contains(&name));
        let whole = match token.name() {
            Some("ENV" | "ENVIRON" | "$_ENV") => !(is(1, '[') || is(1, '{') || asks),
            Some("getenv") => is(1, '(') && is(2, ')'),
            _ => false,
        };
        if whole {
            walker.deny(&secrets::SHOW, "the environment")?;
        }
    }
    Ok(())
}

/// The whole environment, shown.
fn whole(walker: &Walker<'_>, tokens: &[Token]) -> Found {
    const SHOWS: [&str; 12] = [
        "print",
        "log",
        "dumps",
        "stringify",
        "pprint",
        "write",
        "send",
        "post",
        "error",
        "info",
        "inspect",
        "print_r",
    ];
    let mut open: Vec<bool> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let before = |n: usize| at.checked_sub(n).and_then(|i| tokens.get(i));
        match token {
            Token::Sign('(') => {
                let name = before(1).and_then(Token::name).unwrap_or_default();
                // Names are no secrets.
                open.push(name != "keys" && (SHOWS.contains(&name) || open.last() == Some(&true)));
            }
            Token::Sign(')') => {
                open.pop();
            }
            Token::Name(name) if matches!(name.as_str(), "environ" | "env") => {
                let of = before(2).and_then(Token::name);
                let whole = before(1).is_some_and(|t| t.is('.'))
                    && matches!(of, Some("os" | "process"))
                    && !tokens.get(at + 1).is_some_and(|t| t.is('.') || t.is('['));
                let alone = tokens.len() == 3;
                if whole && (alone || open.last() == Some(&true)) {
                    walker.deny(&secrets::SHOW, "the environment")?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Statements that destroy, unless the database is a file of SQLite that the run may write.
pub(super) fn statements(
    walker: &mut Walker<'_>,
    tokens: &[Token],
    language: &'static Language,
) -> Found {
    let texts: Vec<&str> = tokens.iter().filter_map(Token::text).collect();
    let Some(found) = rules::sql_in_code(&texts) else {
        return Ok(());
    };
    let named = |names: &[&str]| {
        tokens
            .iter()
            .any(|t| t.name().is_some_and(|name| names.contains(&name)))
    };
    let files = named(&["sqlite3", "Database", "DatabaseSync"]);
    let servers = named(&[
        "psycopg",
        "psycopg2",
        "asyncpg",
        "pymysql",
        "mysql",
        "MySQLdb",
        "sqlalchemy",
        "pg",
        "mysql2",
        "pyodbc",
        "cx_Oracle",
        "Client",
        "Pool",
    ]);
    if files && !servers {
        for path in calls::opened(tokens, language, &["connect", "Database", "DatabaseSync"]) {
            match path {
                Some(path) if path.text() == ":memory:" => {}
                Some(path) => {
                    fs::access(walker, fs::Access::Write, &path)?;
                }
                None => walker.doubtful(&databases::DESTROY, &found)?,
            }
        }
        return Ok(());
    }
    walker.deny(&databases::DESTROY, &found)
}

/// Requests that change something, and shells given away.
pub(super) fn network(walker: &Walker<'_>, code: &str) -> Found {
    if code.contains("dup2") && code.contains("socket")
        || code.contains("pty.spawn") && code.contains("socket")
    {
        return walker.deny(&net::SHELL, "a socket");
    }
    if code.match_indices("://").any(|(at, _)| {
        let from = code
            .get(..at)
            .unwrap_or_default()
            .rfind(|c: char| !c.is_alphanumeric());
        let rest = code
            .get(from.map_or(0, |from| from + 1)..)
            .unwrap_or_default();
        leaks::is_metadata(rest.split(['"', '\'', ' ']).next().unwrap_or_default())
    }) {
        return walker.deny(&leaks::METADATA, "the cloud");
    }
    let connects = code.contains("create_connection(") || code.contains(".connect((");
    let local = ["localhost", "127.0.0.1", "::1"]
        .iter()
        .any(|host| code.contains(host));
    let reads = ["open(", "environ", "read_text", "read_bytes"]
        .iter()
        .any(|w| code.contains(w));
    if connects && !local && reads && code.contains(".send") {
        return walker.deny(&net::UPLOAD, "a socket");
    }
    let foreign = code.match_indices("://").any(|(at, _)| {
        let rest = code.get(at + 3..).unwrap_or_default();
        !["localhost", "127.", "[::1]", "0.0.0.0"]
            .iter()
            .any(|l| rest.starts_with(l))
    });
    const SENDS: [&str; 14] = [
        "requests.post",
        "requests.put",
        "requests.delete",
        "requests.patch",
        "\"DELETE\"",
        "'DELETE'",
        "\"POST\"",
        "'POST'",
        "\"PUT\"",
        "'PUT'",
        "\"PATCH\"",
        "'PATCH'",
        "data=open",
        "data=",
    ];
    let requests = ["requests.", "urllib", "urlopen", "fetch(", "http", "axios"]
        .iter()
        .any(|w| code.contains(w));
    if foreign && requests && SENDS.iter().any(|w| code.contains(w)) {
        return walker.deny(&net::UPLOAD, "another machine");
    }
    Ok(())
}
