//! Databases that are the run's own: those that the text made, and those of
//! tests on this machine.
//!
//! Invariant: a server on this machine is shared by all its runs, so an address
//! alone makes nothing the run's own; a database whose name says that it is for
//! tests is made to be dropped, and one that was made here is.

use super::clients::MYSQL;
use super::net::is_local;
use crate::guard::args::{self, Spec};
use crate::guard::walk::{Command, Walker};
use crate::guard::word::Value;

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

/// What of a client's database is the run's own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    /// The database was made here, or is one of tests on this machine.
    pub(super) is_database: bool,
    /// Its server is on this machine.
    pub(super) is_local: bool,
    /// It goes on behind a statement that failed.
    pub(super) goes_on: bool,
}

/// Whether what a client of a database does is done to one of the run's own; a
/// database that is made is kept in mind.
pub(super) fn own(command: &Command<'_>, walker: &mut Walker<'_>) -> Own {
    let found = |name: &str| command.variable(name, &walker.state);
    let database = |is_database| Own {
        is_database,
        is_local: is_database,
        goes_on: false,
    };
    match command.name {
        "rails" | "rake" => {
            let names = ["RAILS_ENV", "RACK_ENV"];
            let words = command.args.iter().filter_map(|a| a.text().split_once('='));
            // What stands among the words is set last.
            let mut told = words.filter(|(name, _)| names.contains(name)).peekable();
            let set = |name: &&str| found(name).is_some_and(|value| value.text() == "test");
            database(match told.peek() {
                Some(_) => told.all(|(_, value)| value == "test"),
                None => names.iter().any(set),
            })
        }
        "artisan" | "console" | "manage.py" | "django-admin" => {
            let parsed = args::parse(command.args, &SPEC);
            let option = parsed.value(&["env", "settings"]).cloned();
            let names = ["APP_ENV", "DJANGO_SETTINGS_MODULE"];
            let value = option.or_else(|| names.iter().find_map(|name| found(name)));
            database(value.is_some_and(|value| is_test(value.text())))
        }
        "prisma" | "alembic" | "sqlx" | "diesel" => {
            let option = command
                .args
                .iter()
                .find_map(|a| a.text().strip_prefix("url="));
            let value = option.map(Value::new).or_else(|| found("DATABASE_URL"));
            let at = value.map(|value| address(&value));
            database(at.is_some_and(|(at, name)| is_local(&at) && is_test(&name)))
        }
        "createdb" | "dropdb" | "psql" | "pgcli" | "usql" | "mysql" | "mariadb" => {
            let host = found("PGHOST").or_else(|| found("MYSQL_HOST"));
            let named = found("PGDATABASE");
            let port = found("PGPORT");
            client(command, walker, host, named, port)
        }
        "mysqladmin" | "mariadb-admin" => database(administers(command, walker)),
        _ => Own::default(),
    }
}

/// Whether an administrator's client of a server drops one of the run's own databases and
/// does nothing else; one that it makes is kept in mind.
fn administers(command: &Command<'_>, walker: &mut Walker<'_>) -> bool {
    let parsed = args::parse(command.args, &MYSQL);
    let host = parsed.value(&["h", "host"]).cloned();
    let host = host.or_else(|| command.variable("MYSQL_HOST", &walker.state));
    let elsewhere = host.is_some_and(|host| !is_local(host.text()));
    let elsewhere = elsewhere || parsed.any(&["defaults-file", "defaults-extra-file"]);
    let port = parsed.value(&["P", "port"]).map_or("", Value::text);
    let words: Vec<&str> = parsed.operands.iter().map(|v| v.text()).collect();
    match words.as_slice() {
        ["create", name] if !elsewhere => {
            walker.makes(format!("database:mysql:{port}:{name}"));
            false
        }
        ["drop", name] if !elsewhere => {
            walker.has_made(&format!("database:mysql:{port}:{name}")) || is_test(name)
        }
        _ => false,
    }
}

/// A client that names its server and its database by options.
fn client(
    command: &Command<'_>,
    walker: &mut Walker<'_>,
    host: Option<Value>,
    named: Option<Value>,
    port: Option<Value>,
) -> Own {
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
    let here = |host: &str| is_local(host) || host.starts_with('/');
    let is_local = host.is_none_or(|host| here(host.text()));
    let none = Own {
        is_local,
        ..Own::default()
    };
    let Some(name) = option.or(operand.copied()).cloned().or(named) else {
        return none;
    };
    let (address, name) = address(&name);
    if !is_local || !here(&address) {
        return Own::default();
    }
    let port = parsed.value(&["p", "port"]).cloned().or(port);
    let port = port.as_ref().map_or("", Value::text);
    let key = format!("database:{address}:{port}:{name}");
    if command.name == "createdb" {
        if !parsed.any(&["help", "version", "V", "?"]) {
            walker.makes(key);
        }
        return none;
    }
    Own {
        is_database: walker.has_made(&key) || is_test(&name),
        ..none
    }
}

/// The machine and the name in an address of a database.
pub(super) fn address(value: &Value) -> (String, String) {
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
pub(super) fn is_test(name: &str) -> bool {
    name.split(['_', '-', '.'])
        .any(|word| matches!(word, "test" | "tests" | "testing"))
}
