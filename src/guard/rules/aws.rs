//! The command line of AWS: its verbs say by themselves whether they only read.
//!
//! Invariant: a verb that is not known to read changes something.

use super::clouds::CHANGE;
use super::net;
use crate::guard::walk::{Found, Walker};

pub(super) fn judge(words: &[&str], shown: &str, walker: &Walker<'_>) -> Found {
    let (Some(service), Some(verb)) = (words.first(), words.get(1)) else {
        return Ok(());
    };
    if *service == "s3" {
        let remote = |w: &&str| w.starts_with("s3://");
        let removes = matches!(*verb, "rm" | "rb" | "mb" | "mv" | "sync");
        let syncs_down = *verb == "sync" && words.get(3).is_some_and(|w| !remote(w));
        let sends = *verb == "cp" && words.last().is_some_and(remote);
        if sends {
            return walker.deny(&net::UPLOAD, shown);
        }
        return if removes && !syncs_down {
            walker.deny(&CHANGE, shown)
        } else {
            Ok(())
        };
    }
    const READS: [&str; 24] = [
        "describe",
        "list",
        "get",
        "ls",
        "help",
        "tail",
        "wait",
        "validate",
        "filter",
        "query",
        "scan",
        "lookup",
        "batch-get",
        "search",
        "head",
        "estimate",
        "preview",
        "simulate",
        "test",
        "show",
        "decode",
        "view",
        "check",
        "configure",
    ];
    let reads = READS.iter().any(|r| {
        verb.strip_prefix(r)
            .is_some_and(|t| t.is_empty() || t.starts_with('-'))
    });
    let own = matches!(*service, "configure" | "help" | "sts" | "sso");
    if reads || own {
        Ok(())
    } else {
        walker.deny(&CHANGE, shown)
    }
}
