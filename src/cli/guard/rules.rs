//! `adf guard rules`: the shipped rules with examples, and what a config adds.
//!
//! Invariant: tables of constants and of the config, nothing is judged here.

use crate::cli::{Format, OK, load, say, say_json};
use crate::clock::Clock;
use crate::guard::{self, Rule};
use crate::model::guarding::{Guard, GuardAllow, GuardDeny};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const RULES_AFTER: &str = "Examples:
  adf guard rules
  adf guard rules --config /etc/adf/shop.toml
  adf guard rules --format json | jq -r '.[].id'

Exit codes: 0 done · 2 wrong usage · 78 the config has faults";

/// List every rule with an example
#[derive(Debug, clap::Args)]
#[command(after_help = RULES_AFTER)]
pub(super) struct Rules {
    /// List the denials and exceptions of this config as well
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn rules(args: &Rules) -> u8 {
    let own = match args.config.as_deref().map(load) {
        None => Guard::default(),
        Some(Ok(config)) => config.settings.guard,
        Some(Err(code)) => return code,
    };
    match args.format {
        Format::Json => {
            let shipped = guard::rules().map(|rule| rule_json(rule, &own));
            say_json(&shipped.chain(own.deny.iter().map(own_json)).collect());
        }
        Format::Human => {
            let shipped = guard::rules().map(rule_text);
            let added = own.deny.iter().map(own_text);
            let lifted = own.allow.iter().map(lifted_text);
            let all: Vec<String> = shipped.chain(added).chain(lifted).collect();
            say(&all.join("\n\n"));
        }
    }
    OK
}

fn rule_json(rule: &Rule, own: &Guard) -> Value {
    let lifted = own.allow.iter().filter(|allow| allow.rule == rule.id);
    let lifted: Vec<Value> = lifted
        .map(|allow| json!({"agent": allow.agent, "target": allow.target, "reason": allow.reason, "until": day(allow), "ended": has_ended(allow)}))
        .collect();
    json!({
        "id": rule.id, "what": rule.what, "reason": rule.reason, "instead": rule.instead,
        "safer": rule.safer, "denied": rule.deny, "allowed": rule.allow, "lifted": lifted,
    })
}

fn rule_text(rule: &Rule) -> String {
    let example = |examples: &[&str]| {
        examples
            .first()
            .map_or(String::new(), |e| e.replace('\n', "⏎"))
    };
    format!(
        "{}\n  denies   {}\n  why      {}\n  instead  {}\n  denied   {}\n  allowed  {}",
        rule.id,
        rule.what,
        rule.reason,
        rule.instead,
        example(rule.deny),
        example(rule.allow)
    )
}

fn own_json(rule: &GuardDeny) -> Value {
    json!({
        "id": rule.rule, "what": rule.command.join(" "), "reason": rule.reason, "instead": rule.instead,
        "safer": null, "denied": [rule.command.join(" ")], "allowed": [], "lifted": [],
    })
}

fn own_text(rule: &GuardDeny) -> String {
    format!(
        "{}\n  denies   {}\n  why      {}\n  instead  {}",
        rule.rule,
        rule.command.join(" "),
        rule.reason,
        rule.instead
    )
}

fn lifted_text(allow: &GuardAllow) -> String {
    format!(
        "{}, {} for {}\n  target   {}\n  why      {}\n  {}    {}",
        allow.rule,
        if has_ended(allow) {
            "no longer lifted"
        } else {
            "lifted"
        },
        allow.agent,
        allow.target,
        allow.reason,
        if has_ended(allow) { "ended" } else { "until" },
        day(allow)
    )
}

fn has_ended(allow: &GuardAllow) -> bool {
    allow.until <= Clock::System.now()
}

/// The last day on which it holds.
fn day(allow: &GuardAllow) -> String {
    let last = allow.until.minus(Duration::from_secs(1));
    let day = chrono::DateTime::from_timestamp(last.seconds(), 0);
    day.map_or(String::new(), |day| day.format("%Y-%m-%d").to_string())
}
