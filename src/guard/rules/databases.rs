//! Databases, caches and queues.
//!
//! Invariant: a statement is judged by its words, strings and comments left
//! out: reading, creating and inserting are allowed, what removes or rewrites
//! everything is not. A file of SQLite inside the worktree is the agent's own.

use super::clients::{CLIENTS, MYSQL};
use super::fs::{self, Access};
use super::scratch::{self, Own};
use super::sql;
use super::stores;
use super::verbs::{Tool, Verb, judge as by_verb, unless, verb, with};
use super::{remote, shell};
use crate::guard::args::{self, Spec};
use crate::guard::code;
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Stream, Walker};
use crate::guard::word::{REMOTE, Value};

pub(crate) static DESTROY: Rule = Rule {
    id: "data.destroy",
    what: "dropping, truncating or flushing databases, caches and queues",
    reason: "a server's data is shared and does not come back",
    instead: "use a scratch database: a file of SQLite in the worktree, one that you made with createdb, or one named for tests on this machine",
    safer: Some("sqlite3 dev.db 'DROP TABLE IF EXISTS scratch'"),
    deny: &[
        "psql -c 'DROP TABLE orders'",
        "echo 'truncate orders' | psql",
        "redis-cli FLUSHALL",
        "dropdb shop",
        "psql -h localhost -d shop -c 'DROP TABLE orders'",
        "mysql -e 'delete from orders'",
        "mongosh shop --eval 'db.dropDatabase()'",
        "psql -c '\\! rm -rf ~'",
    ],
    allow: &[
        "psql -c \"select 'drop table x'\"",
        "sqlite3 dev.db 'DROP TABLE t'",
        "createdb mine && dropdb mine",
        "psql -h localhost -d shop_test -c 'DROP TABLE t'",
        "redis-cli get flushall",
        "grep -rn 'drop table' migrations",
        "psql -c 'select 1 -- drop table x'",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&DESTROY];

const PLAIN: Spec = Spec {
    valued: "hunpDPU",
    longs: &[
        "host",
        "user",
        "bootstrap-server",
        "topic",
        "server",
        "config",
        "name",
    ],
};

const fn tool(names: &'static [&'static str], spec: Spec, verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec,
        rule: &DESTROY,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(
        &[
            "dropdb",
            "dropuser",
            "pg_resetwal",
            "pg_rewind",
            "reindexdb",
            "mysql_install_db",
        ],
        PLAIN,
        &[unless(&[], &["help", "version", "V"])],
    ),
    tool(&["pg_restore"], PLAIN, &[with(&[], &["c", "clean"])]),
    tool(
        &["pg_ctl"],
        PLAIN,
        &[verb(&["stop|restart|promote|kill|initdb|init|reload"])],
    ),
    tool(
        &["mysqladmin", "mariadb-admin"],
        MYSQL,
        &[verb(&[
            "drop|shutdown|kill|flush-*|password|stop-*|reload|refresh",
        ])],
    ),
    tool(&["mongorestore"], PLAIN, &[with(&[], &["drop"])]),
    tool(
        &["influx"],
        PLAIN,
        &[verb(&["bucket|user|org|auth", "delete"]), verb(&["delete"])],
    ),
    tool(
        &["rabbitmqctl", "rabbitmqadmin"],
        PLAIN,
        &[verb(&[
            "purge*|reset|force_reset|stop*|delete*|shutdown|forget_cluster_node|close*|clear*|change_password",
        ])],
    ),
    tool(
        &[
            "kafka-topics.sh",
            "kafka-topics",
            "kafka-consumer-groups.sh",
            "kafka-delete-records.sh",
            "kafka-acls.sh",
        ],
        PLAIN,
        &[with(
            &[],
            &[
                "delete",
                "delete-offsets",
                "reset-offsets",
                "remove",
                "alter",
            ],
        )],
    ),
    tool(
        &["consul"],
        PLAIN,
        &[
            verb(&["kv", "delete|put|import"]),
            verb(&["leave|force-leave"]),
        ],
    ),
    tool(
        &["vault"],
        PLAIN,
        &[
            verb(&["kv", "delete|destroy|put|patch|undelete|metadata"]),
            verb(&["operator", "*"]),
        ],
    ),
    tool(
        &["supabase"],
        PLAIN,
        &[
            with(&["db", "reset"], &["linked", "db-url"]),
            verb(&["db", "push"]),
            verb(&[
                "projects|functions|secrets|branches",
                "delete|unset|set|deploy|create",
            ]),
        ],
    ),
    tool(
        &["nodetool"],
        PLAIN,
        &[verb(&[
            "drain|decommission|removenode|stopdaemon|clearsnapshot|assassinate",
        ])],
    ),
    tool(
        &["prisma"],
        PLAIN,
        &[
            verb(&["migrate", "reset|deploy"]),
            with(&["db", "push"], &["force-reset", "accept-data-loss"]),
        ],
    ),
    tool(
        &["rails", "rake"],
        PLAIN,
        &[verb(&[
            "db:drop*|db:reset*|db:purge*|db:schema:load|db:truncate*",
        ])],
    ),
    tool(
        &["alembic"],
        Spec {
            valued: "cnx",
            longs: &["config", "name"],
        },
        &[verb(&["downgrade"])],
    ),
    tool(
        &["manage.py", "django-admin"],
        PLAIN,
        &[verb(&["flush|reset_db"]), verb(&["migrate", "*", "zero"])],
    ),
    tool(
        &["artisan"],
        PLAIN,
        &[verb(&[
            "migrate:fresh|migrate:refresh|migrate:reset|migrate:rollback|db:wipe",
        ])],
    ),
    tool(
        &["console"],
        PLAIN,
        &[verb(&["doctrine:database:drop|doctrine:schema:drop"])],
    ),
    tool(
        &["memcflush", "memcrm"],
        PLAIN,
        &[unless(&[], &["help", "version"])],
    ),
    tool(&["flyway"], PLAIN, &[verb(&["clean"])]),
    tool(&["sqlx"], PLAIN, &[verb(&["database|db", "drop|reset"])]),
    tool(&["diesel"], PLAIN, &[verb(&["database", "reset|drop"])]),
    tool(
        &["nats"],
        PLAIN,
        &[verb(&["stream|consumer|kv|object", "rm|del|purge|delete"])],
    ),
];

/// Scripts of frameworks that an interpreter runs.
pub(crate) const FRAMEWORKS: [&str; 5] = ["manage.py", "artisan", "console", "rails", "rake"];

pub(crate) fn judge(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let own = scratch::own(command, walker);
    if own.is_database
        && !matches!(
            command.name,
            "psql" | "pgcli" | "usql" | "mysql" | "mariadb"
        )
    {
        return Ok(());
    }
    by_verb(TOOLS, command, walker)?;
    match command.name {
        "sqlite3" | "sqlite" | "duckdb" | "litecli" => return stores::file(command, walker),
        "redis-cli" | "valkey-cli" | "keydb-cli" => return stores::redis(command, walker),
        "mongosh" | "mongo" => return stores::mongo(command, walker),
        "redis-server" => {
            stores::serves(command, walker);
            return Ok(());
        }
        "rails" | "manage.py" => return framework(command, walker),
        "nc" | "ncat" | "netcat" | "telnet" => {
            if let Stream::Text(text) = command.stdin
                && text.lines().any(sql::flushes)
            {
                return walker.deny(&DESTROY, &command.shown());
            }
            return Ok(());
        }
        _ => {}
    }
    let Some((_, spec, options)) = CLIENTS.iter().find(|(name, ..)| *name == command.name) else {
        return Ok(());
    };
    let parsed = args::parse(command.args, spec);
    let mut texts = parsed.values(options);
    if options.is_empty() {
        texts.extend(parsed.operands.iter().copied());
    }
    let given = !texts.is_empty();
    // A script of these goes on behind an error.
    let script = Own {
        goes_on: matches!(command.name, "psql" | "pgcli" | "usql"),
        ..own
    };
    for text in texts {
        statement(walker, text, own)?;
    }
    for text in parsed.values(&["f", "file", "i"]) {
        if let Stream::Text(text) = walker.content(text) {
            statement(walker, &Value::new(text), script)?;
        }
    }
    piped(command, walker, given, script)
}

/// Code that a framework's own shell is given.
fn framework(command: &Command<'_>, walker: &mut Walker<'_>) -> Found {
    let (verb, language) = match command.name {
        "rails" => (["runner", "r"], "ruby"),
        _ => (["shell", "shell_plus"], "python"),
    };
    let words = command.args;
    let runs = words.first().is_some_and(|v| verb.contains(&v.text()));
    let Some(language) = code::language(language).filter(|_| runs) else {
        return Ok(());
    };
    for text in words.iter().skip(1).filter(|v| !v.text().starts_with('-')) {
        code::judge(walker, language, text.text())?;
    }
    match command.stdin {
        Stream::Text(text) => code::judge(walker, language, text),
        _ => Ok(()),
    }
}

/// What flows into a client.
fn piped(command: &Command<'_>, walker: &mut Walker<'_>, given: bool, own: Own) -> Found {
    match command.stdin {
        Stream::Text(text) => statement(walker, &Value::new(text.clone()), own),
        Stream::Remote if !given => walker.deny(&remote::SCRIPT, &command.shown()),
        _ => Ok(()),
    }
}

/// One or more statements, and the client's own commands among them.
fn statement(walker: &mut Walker<'_>, text: &Value, own: Own) -> Found {
    let found = if own.goes_on {
        sql::destroys(text.text())
    } else {
        sql::destroys_others(text.text())
    };
    if text.has(REMOTE) {
        return walker.deny(&remote::SCRIPT, &text.shown());
    }
    if text.is_blank_mark() {
        return walker.doubtful(&shell::UNKNOWN_CODE, &text.shown());
    }
    for line in text.text().lines() {
        let line = line.trim();
        if let Some(code) = line.strip_prefix("\\!") {
            walker.deny(&DESTROY, code)?;
        }
        if let Some(rest) = line
            .strip_prefix("\\copy")
            .or(line.strip_prefix("\\o "))
            .or(line.strip_prefix("\\w "))
        {
            let to = rest.rsplit_once(" to ").map_or(rest, |(_, to)| to);
            if rest.contains(" to ") || !line.starts_with("\\copy") {
                let path = to.trim().trim_matches('\'');
                fs::access(walker, Access::Write, &Value::new(path))?;
            }
        }
    }
    let scratch = |found: &str| match sql::dropped_database(found) {
        Some(name) => own.is_local && (own.is_database || scratch::is_test(name)),
        None => own.is_database && sql::is_inside(found),
    };
    if let Some(found) = found
        && !scratch(&found)
    {
        return walker.deny(&DESTROY, &found);
    }
    Ok(())
}
