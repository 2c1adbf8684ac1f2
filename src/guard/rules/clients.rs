//! The table of clients of databases that take statements.
//!
//! Invariant: const data. A client stands here with its options, and with those
//! of them that hold a statement; `databases` judges the statements.

use crate::guard::args::Spec;

const SQL: Spec = Spec {
    valued: "cdhpUfFPRTvoL",
    longs: &[
        "command", "dbname", "host", "port", "username", "file", "execute", "database", "query",
        "user", "password", "set", "variable", "output",
    ],
};
pub(super) const MYSQL: Spec = Spec {
    valued: "ehuPDS",
    longs: &["execute", "host", "port", "user", "database", "socket"],
};
/// Clients that take statements, and the options that hold one.
pub(super) const CLIENTS: &[(&str, Spec, &[&str])] = &[
    ("psql", SQL, &["c", "command"]),
    ("usql", SQL, &["c", "command"]),
    ("pgcli", SQL, &["c", "command"]),
    ("mysql", MYSQL, &["e", "execute"]),
    ("mariadb", MYSQL, &["e", "execute"]),
    (
        "cqlsh",
        Spec {
            valued: "efkup",
            longs: &["execute", "file"],
        },
        &["e", "execute"],
    ),
    (
        "clickhouse-client",
        Spec {
            valued: "hqud",
            longs: &["host", "query", "user", "database"],
        },
        &["q", "query"],
    ),
    (
        "sqlcmd",
        Spec {
            valued: "SQUPdiq",
            longs: &["query"],
        },
        &["Q", "q", "query"],
    ),
    (
        "snowsql",
        Spec {
            valued: "qacud",
            longs: &["query"],
        },
        &["q", "query"],
    ),
    (
        "bq",
        Spec {
            valued: "",
            longs: &["format"],
        },
        &[],
    ),
    (
        "cypher-shell",
        Spec {
            valued: "aupd",
            longs: &["file"],
        },
        &[],
    ),
    (
        "influx",
        Spec {
            valued: "",
            longs: &[
                "execute", "database", "host", "port", "username", "password", "format",
            ],
        },
        &["execute"],
    ),
    ("trino", MYSQL, &["execute"]),
    ("cockroach", MYSQL, &["e", "execute"]),
];
