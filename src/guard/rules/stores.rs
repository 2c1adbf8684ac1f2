//! Stores with a language of their own: SQLite's files, Redis, MongoDB.
//!
//! Invariant: a file of the worktree is the agent's; a server's data is not,
//! wherever the server is.

use super::databases::DESTROY;
use super::fs::{self, Access};
use super::net::is_local;
use super::{scratch, sql};
use crate::guard::args::{self, Spec};
use crate::guard::place::Place;
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::Value;

/// SQLite and DuckDB: the file decides.
pub(super) fn file(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: "",
            longs: &["init", "cmd", "c"],
        },
    );
    let mut operands = parsed.operands.iter().filter(|v| v.text() != "-c");
    let Some(database) = operands.next().filter(|v| v.text() != ":memory:") else {
        return Ok(());
    };
    let reads = parsed.any(&["readonly"]);
    let own = {
        let place = walker.target(database, true).place;
        matches!(
            place,
            Place::Worktree | Place::Tmp | Place::SharedTmp | Place::Null
        )
    };
    let mut texts: Vec<String> = operands.map(|v| v.text().to_owned()).collect();
    if let Stream::Text(text) = command.stdin {
        texts.push(text.clone());
    }
    for text in &texts {
        for line in text.lines().map(str::trim) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some(".shell" | ".system") => {
                    let code = line.split_once(' ').map_or("", |(_, code)| code);
                    walker.shell_text(&Value::new(code))?;
                }
                Some(".backup" | ".output" | ".once" | ".save" | ".log" | ".clone" | ".excel") => {
                    if let Some(path) = words.last() {
                        fs::access(walker, Access::Write, &Value::new(path.trim_matches('\'')))?;
                    }
                }
                _ => {}
            }
        }
        if let Some((_, rest)) = text.to_lowercase().split_once("vacuum")
            && let Some(at) = rest.find("into '")
        {
            let from = text.len() - rest.len() + at + "into '".len();
            let path = text.get(from..).and_then(|rest| rest.split('\'').next());
            fs::access(walker, Access::Write, &Value::new(path.unwrap_or_default()))?;
        }
        let attached = sql::attaches(text);
        for path in &attached {
            if sql::destroys(text).is_some() {
                fs::access(walker, Access::Delete, &Value::new(path.as_str()))?;
            }
        }
        if !own && !reads && (sql::destroys(text).is_some() || sql::changes(text)) {
            return fs::access(walker, Access::Write, database).map(|_| ());
        }
    }
    Ok(())
}

/// Whether an address is one of a store that listens on this machine, for all its runs, and
/// names no data of tests.
pub(crate) fn is_stores(url: &str) -> bool {
    // Elasticsearch, CouchDB, etcd, Consul, Vault, InfluxDB, ClickHouse, RabbitMQ, Qdrant;
    // Docker's daemon and a proxy of Kubernetes.
    const PORTS: [&str; 12] = [
        "9200", "5984", "2379", "8500", "8200", "8086", "8123", "15672", "6333", "2375", "2376",
        "8001",
    ];
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (machine, path) = rest.split_once('/').unwrap_or((rest, ""));
    let port = machine.rsplit_once(':').map(|(_, port)| port);
    let first = path.split(['/', '?']).next().unwrap_or_default();
    port.is_some_and(|port| PORTS.contains(&port)) && !scratch::is_test(first)
}

/// A server that is started on a port that is given: the run's own.
pub(super) fn serves(command: &Command<'_>, walker: &mut Walker<'_>) {
    let spec = Spec {
        valued: "",
        longs: &["port"],
    };
    let parsed = args::parse(command.args, &spec);
    if let Some(port) = parsed.value(&["port"]).map(Value::text)
        && port != "6379"
    {
        walker.makes(format!("redis:{port}"));
    }
}

pub(super) fn redis(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(command.args, &REDIS);
    let words: Vec<String> = parsed
        .operands
        .iter()
        .map(|v| v.text().to_lowercase())
        .collect();
    let line = words.join(" ");
    // `EVAL "redis.call('flushall')"`: a script's calls are commands too.
    let calls = line.split("call(").skip(1).map(|call| {
        let call = call.split(')').next().unwrap_or_default();
        call.replace(['\'', '"', ','], " ")
    });
    let scripted = words.first().is_some_and(|word| word.starts_with("eval"));
    let flushes =
        sql::flushes(&line) || scripted && calls.into_iter().any(|call| sql::flushes(&call));
    let local = parsed
        .value(&["h"])
        .is_none_or(|host| is_local(host.text()));
    let port = parsed.value(&["p"]).map_or("", Value::text);
    if local && parsed.value(&["u"]).is_none() && walker.has_made(&format!("redis:{port}")) {
        return Ok(());
    }
    if flushes {
        return walker.deny(&DESTROY, &command.shown());
    }
    if let Stream::Text(text) = command.stdin
        && text.lines().any(|l| sql::flushes(&l.to_lowercase()))
    {
        return walker.deny(&DESTROY, &command.shown());
    }
    Ok(())
}

pub(super) fn mongo(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let parsed = args::parse(
        command.args,
        &Spec {
            valued: "uphf",
            longs: &["eval", "host", "port", "username", "password", "file"],
        },
    );
    let mut texts: Vec<String> = parsed
        .values(&["eval"])
        .iter()
        .map(|v| v.text().to_owned())
        .collect();
    if let Stream::Text(text) = command.stdin {
        texts.push(text.clone());
    }
    const CALLS: [&str; 12] = [
        "dropDatabase(",
        ".drop(",
        ".deleteMany(",
        ".remove(",
        "dropUser(",
        "shutdownServer(",
        ".dropIndexes(",
        "dropAllUsers",
        "dropAllRoles",
        ".deleteOne(",
        "findOneAndDelete(",
        "renameCollection(",
    ];
    // What reaches other databases, or the server, from one of tests.
    const LEAVES: [&str; 12] = [
        "getSiblingDB",
        "getMongo",
        "getDB",
        "Mongo(",
        "connect(",
        "use ",
        "use(",
        "adminCommand",
        "runCommand",
        "dropUser(",
        "dropAll",
        "shutdownServer(",
    ];
    let has = |calls: &[&str]| {
        let called = |text: &String| calls.iter().any(|call| text.contains(call));
        texts.iter().any(called)
    };
    if has(&CALLS) && (has(&LEAVES) || !is_of_tests(&parsed)) {
        return walker.deny(&DESTROY, &command.shown());
    }
    Ok(())
}

/// Whether a client of MongoDB is told a database of tests on this machine.
fn is_of_tests(parsed: &args::Parsed<'_>) -> bool {
    let host = parsed.value(&["h", "host"]);
    let Some(database) = parsed.operands.first() else {
        return false;
    };
    let (machine, name) = scratch::address(database);
    let is_here = |host: &Value| is_local(host.text());
    host.is_none_or(is_here) && is_local(&machine) && !name.contains('/') && scratch::is_test(&name)
}

const REDIS: Spec = Spec {
    valued: "hpanurx",
    longs: &["user", "pass", "pattern", "cacert", "cert", "key", "sni"],
};
