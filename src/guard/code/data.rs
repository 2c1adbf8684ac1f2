//! What a code does besides files: requests, statements to databases, calls of
//! the clients of servers.
//!
//! Invariant: what reads is allowed; what destroys is denied, unless it is a file
//! of SQLite that the run may write or an emulator.

use super::calls;
use super::languages::Language;
use super::tokens::Token;
use crate::guard::rules::{self, clouds, databases, fs, leaks, net, stores};
use crate::guard::walk::{Found, Walker};

/// Calls of clients that destroy what a server holds, unless the server is an emulator.
pub(super) fn clients(walker: &Walker<'_>, tokens: &[Token], code: &str) -> Found {
    const CALLS: [(&str, &[&str]); 4] = [
        ("redis", &["flushall", "flushdb", "flushAll", "flushDb"]),
        (
            "mongo",
            &["drop_database", "dropDatabase", "drop_collection"],
        ),
        ("objects", &["delete"]),
        ("", &["delete_all", "destroy_all"]),
    ];
    const EMULATED: [&str; 6] = [
        "fakeredis",
        "mongomock",
        "moto",
        "mock_aws",
        "localhost:4566",
        "127.0.0.1:4566",
    ];
    if EMULATED.iter().any(|name| code.contains(name)) {
        return Ok(());
    }
    let lower = code.to_lowercase();
    for (at, token) in tokens.iter().enumerate() {
        let is_method = at.checked_sub(1).is_some_and(|n| tokens[n].is('.'));
        let Some(name) = token.name().filter(|_| is_method) else {
            continue;
        };
        let destroys = CALLS
            .iter()
            .any(|(client, calls)| calls.contains(&name) && lower.contains(client));
        if destroys && takes_all(tokens, at, name) {
            walker.deny(&databases::DESTROY, name)?;
        }
        let remote = ["delete_", "terminate_", "purge_"];
        if lower.contains("boto3") && remote.iter().any(|verb| name.starts_with(verb)) {
            walker.deny(&clouds::CHANGE, name)?;
        }
    }
    Ok(())
}

/// Whether a method reaches every row: rows that were chosen before are some.
fn takes_all(tokens: &[Token], at: usize, name: &str) -> bool {
    let before = tokens.get(..at).unwrap_or_default();
    let statement = before.iter().rev().take_while(|t| !t.is(';'));
    let names: Vec<&str> = statement.take(24).filter_map(Token::name).collect();
    let chosen = [
        "where", "filter", "get", "exclude", "find_by", "first", "last",
    ];
    let rows = name != "delete" || names.contains(&"objects");
    rows && !names.iter().any(|name| chosen.contains(name))
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

/// Whether a request removes what is at its address.
fn removes(tokens: &[Token]) -> bool {
    const ASKS: [&str; 9] = [
        "fetch", "request", "Request", "urlopen", "axios", "requests", "got", "httpx", "ky",
    ];
    let asks = |t: &Token| t.name().is_some_and(|name| ASKS.contains(&name));
    let by_name = |pair: &[Token]| {
        asks(&pair[0]) && pair[1].is('.') && matches!(pair[2].name(), Some("delete"))
    };
    let method = |t: &Token| {
        t.text()
            .is_some_and(|text| text.eq_ignore_ascii_case("delete"))
    };
    tokens.iter().any(asks) && tokens.iter().any(method) || tokens.windows(3).any(by_name)
}

/// The addresses that a code names: whole ones, hosts, and ports of this machine.
fn addresses(tokens: &[Token], code: &str) -> Vec<String> {
    let ends = |c: char| matches!(c, '"' | '\'' | '`' | ')') || c.is_whitespace();
    let whole = code.match_indices("://").map(|(at, _)| {
        let rest = code.get(at..).unwrap_or_default();
        let rest = rest.split(ends).next().unwrap_or_default();
        format!("http{rest}")
    });
    let mut found: Vec<String> = whole.collect();
    let given = |names: &[&str]| {
        tokens.windows(3).find_map(|window| match window {
            [Token::Name(name), Token::Sign(':' | '=' | '('), value]
                if names.contains(&name.as_str()) =>
            {
                value.text().or(value.name())
            }
            _ => None,
        })
    };
    let host = given(&["host", "hostname", "HTTPConnection", "HTTPSConnection"]);
    let port = given(&["port"]);
    if host.is_some() || port.is_some() {
        let path = given(&["path"]).unwrap_or_default();
        found.push(format!(
            "http://{}:{}{path}",
            host.unwrap_or("localhost"),
            port.unwrap_or_default()
        ));
    }
    found
}

/// Requests that change something, and shells given away.
pub(super) fn network(walker: &Walker<'_>, tokens: &[Token], code: &str) -> Found {
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
    let addresses = addresses(tokens, code);
    let foreign = code.contains("://") && addresses.iter().any(|at| !net::is_local(at));
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
    if requests && removes(tokens) {
        if addresses.iter().any(|address| stores::is_stores(address)) {
            walker.deny(&databases::DESTROY, "a request that removes")?;
        }
        let sends = SENDS.iter().filter(|w| code.contains(**w));
        let sends = sends.filter(|w| !w.to_lowercase().contains("delete"));
        let elsewhere = addresses.iter().any(|at| !net::is_local(at));
        if elsewhere && sends.count() == 0 {
            walker.deny(&net::CHANGE, "another machine")?;
        }
        if addresses.is_empty() {
            walker.doubtful(&net::CHANGE, "a machine that is not known before it runs")?;
        }
    }
    if foreign && requests && SENDS.iter().any(|w| code.contains(w)) {
        return walker.deny(&net::UPLOAD, "another machine");
    }
    Ok(())
}
