//! Databases that are the run's own: those that the text made, and those of
//! tests on this machine.
//!
//! Invariant: a server on this machine is shared by all its runs, so an address
//! alone makes nothing the run's own; a database whose name says that it is for
//! tests is made to be dropped, and one that was made here is.

use super::net::is_local;
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Command, Walker};
use crate::guard::word::{Value, joined};

const SPEC: Spec = Spec {
    valued: "cdhpUfFPRTvoLeuDS",
    longs: &[
        "command",
        "dbname",
        "host",
        "port",
        "username",
        "file",
        "execute",
        "database",
        "user",
        "maintenance-db",
        "owner",
        "template",
        "encoding",
    ],
};

/// Whether what a client of a database does is done to one of the run's own; a
/// database that is made is kept in mind.
pub(super) fn is_own(command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    let found = |name: &str| {
        let set = command.env.iter().find(|(n, _)| n == name);
        let state = || walker.state.get(name).map(|v| joined(v, " "));
        set.map(|(_, value)| value.clone()).or_else(state)
    };
    match command.name {
        "rails" | "rake" => ["RAILS_ENV", "RACK_ENV"]
            .iter()
            .any(|name| found(name).is_some_and(|value| value.text() == "test")),
        "createdb" | "dropdb" | "psql" | "pgcli" | "usql" | "mysql" | "mariadb" => {
            let host = found("PGHOST").or_else(|| found("MYSQL_HOST"));
            let named = found("PGDATABASE");
            let parsed = args::parse(command.args, &SPEC);
            let host = parsed.value(&["h", "host"]).cloned().or(host);
            let operand = if command.name == "createdb" {
                parsed.operands.first()
            } else {
                parsed.operands.last()
            };
            let option = match command.name {
                "mysql" | "mariadb" => parsed.value(&["D", "database"]),
                _ => parsed.value(&["d", "dbname"]),
            };
            let Some(name) = option.or(operand.copied()).cloned().or(named) else {
                return false;
            };
            let (address, name) = address(&name);
            let here = |host: &str| is_local(host) || host.starts_with('/');
            if !host.is_none_or(|host| here(host.text())) || !here(&address) {
                return false;
            }
            let port = parsed
                .value(&["p", "port"])
                .cloned()
                .or_else(|| found("PGPORT"));
            let port = port.as_ref().map_or("", Value::text);
            let key = format!("database:{address}:{port}:{name}");
            if command.name == "createdb" {
                if !parsed.any(&["help", "version", "V", "?"]) {
                    walker.makes(key);
                }
                return false;
            }
            walker.has_made(&key) || is_test(&name)
        }
        _ => false,
    }
}

/// The machine and the name in an address of a database.
fn address(value: &Value) -> (String, String) {
    let text = value.text();
    let Some((_, rest)) = text.split_once("://") else {
        return (String::new(), text.to_owned());
    };
    let (machine, name) = rest.split_once('/').unwrap_or((rest, ""));
    let name = name.split('?').next().unwrap_or_default();
    let asks = rest.contains("host=") || machine.contains(',');
    let machine = if asks { "elsewhere" } else { machine };
    (machine.to_owned(), name.to_owned())
}

/// Whether a database's name says that it is for tests.
fn is_test(name: &str) -> bool {
    name.split(['_', '-', '.'])
        .any(|word| matches!(word, "test" | "tests" | "testing"))
}
