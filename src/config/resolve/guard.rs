//! `[guard]`: what the operator denies besides, and declared exceptions.
//!
//! Invariant: an exception names an agent of the config and a shipped rule, lifts
//! it for something narrower than everything, and ends.

use super::Resolver;
use crate::config::document::child;
use crate::config::raw;
use crate::guard;
use crate::model::guarding::{Guard, GuardAllow, GuardDeny};
use crate::model::settings::Agent;
use crate::model::{AgentName, Time};
use chrono::{Days, NaiveDate, NaiveTime};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far ahead an exception may end without a word.
const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

impl Resolver<'_, '_> {
    pub(super) fn guard(&mut self, raw: raw::Guard, agents: &BTreeMap<AgentName, Agent>) -> Guard {
        let mut names: Vec<String> = Vec::new();
        let mut deny = Vec::new();
        for (n, rule) in raw.deny.into_iter().enumerate() {
            if names.contains(&rule.rule) {
                let at = child(&child("/guard/deny", &n.to_string()), "rule");
                let message = format!("another rule is already called `{}`", rule.rule);
                let help = "denials are counted by name; give each its own";
                self.faults.error(&at, message, help);
            }
            self.program(&child("/guard/deny", &n.to_string()), &rule.command);
            names.push(rule.rule.clone());
            deny.push(GuardDeny {
                rule: rule.rule,
                command: rule.command,
                reason: rule.reason,
                instead: rule.instead,
            });
        }
        let mut allow = Vec::new();
        for (n, lifted) in raw.allow.into_iter().enumerate() {
            let at = child("/guard/allow", &n.to_string());
            allow.extend(self.allowance(&at, lifted, agents, &names));
        }
        Guard { deny, allow }
    }

    fn allowance(
        &mut self,
        at: &str,
        raw: raw::GuardAllow,
        agents: &BTreeMap<AgentName, Agent>,
        own: &[String],
    ) -> Option<GuardAllow> {
        let agent = AgentName(raw.agent);
        if !agents.contains_key(&agent) {
            let message = format!("there is no agent `{agent}`");
            let help = "name one of `[[agents]]`; an exception is for one agent";
            self.faults.error(&child(at, "agent"), message, help);
        }
        if !guard::rules().any(|r| r.id == raw.rule) && !own.contains(&raw.rule) {
            let message = format!("the guard has no rule `{}`", raw.rule);
            let help = "`adf guard rules` lists them";
            self.faults.error(&child(at, "rule"), message, help);
        }
        if let Some(why) = guard::never_lifted(&raw.rule) {
            let message = format!("`{}` is never lifted: {why}", raw.rule);
            let help = "drop it; change what the agent has to do, or do that step as a person";
            self.faults.error(&child(at, "rule"), message, help);
        }
        self.target(&child(at, "target"), &raw.target);
        let until = child(at, "until");
        let day = NaiveDate::parse_from_str(&raw.until, "%Y-%m-%d").ok();
        let after = day.and_then(|day| day.checked_add_days(Days::new(1)));
        let Some(after) = after else {
            let message = format!("`{}` is no day", raw.until);
            let help = "the last day on which it holds, as in `2027-01-31`";
            self.faults.error(&until, message, help);
            return None;
        };
        let end = after.and_time(NaiveTime::MIN).and_utc();
        let end = Time(end.timestamp_millis());
        self.end(&until, &raw.until, end);
        Some(GuardAllow {
            agent,
            rule: raw.rule,
            target: raw.target,
            reason: raw.reason,
            until: end,
        })
    }

    /// A denial's first word is a program's name, alone.
    fn program(&mut self, at: &str, command: &[String]) {
        let Some(first) = command.first().filter(|w| w.contains(char::is_whitespace)) else {
            return;
        };
        let words: Vec<String> = first.split_whitespace().map(|w| format!("{w:?}")).collect();
        let message = format!("no program is called `{first}`: it would deny nothing");
        let help = format!("write word by word: [{}]", words.join(", "));
        self.faults.error(&child(at, "command"), message, help);
    }

    /// An exception is for something narrower than everything, and says where that is.
    fn target(&mut self, at: &str, target: &str) {
        let help = "name what is meant, as in `/srv/cache/*`; a rule is lifted for that alone";
        if target.chars().all(|c| "*/.".contains(c)) {
            let message = format!("`{target}` is every target");
            self.faults.error(at, message, help);
        } else if target.split('/').any(|part| part == "..") {
            let message =
                format!("`{target}` goes up by `..`, as no target that is compared with it does");
            self.faults.error(at, message, help);
        } else if is_wide(target) {
            let message = format!("`{target}` is far too much");
            self.faults.error(at, message, help);
        }
    }

    /// An exception that is over does nothing, and one without an end is none.
    fn end(&mut self, at: &str, day: &str, end: Time) {
        if end <= self.now {
            let message = format!("it ended with {day}: the rule holds again");
            self.faults
                .warning(at, message, "drop the exception, or give it a later day");
        } else if end > self.now.plus(YEAR) {
            let message = format!("{day} is more than a year ahead");
            let help = "end it within a year, so that somebody looks at it again";
            self.faults.warning(at, message, help);
        }
    }
}

/// Whether a pattern leaves open which folder it is about, or is of a whole folder of the system.
fn is_wide(target: &str) -> bool {
    const SYSTEM: [&str; 17] = [
        "bin", "boot", "dev", "etc", "home", "lib", "lib64", "media", "mnt", "opt", "proc", "root",
        "run", "sbin", "sys", "usr", "var",
    ];
    let Some(rest) = target.strip_prefix('/') else {
        return target.chars().filter(|c| c.is_alphanumeric()).count() < 2;
    };
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let is_open = |part: &str| part.is_empty() || part.starts_with('*');
    first.contains('*') || (SYSTEM.contains(&first) && is_open(second))
}
