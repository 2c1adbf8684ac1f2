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
        if raw.target.chars().all(|c| "*/.".contains(c)) {
            let message = format!("`{}` is every target", raw.target);
            let help = "name what is meant, as in `/srv/cache/*`; a rule is lifted for that alone";
            self.faults.error(&child(at, "target"), message, help);
        }
        let day = NaiveDate::parse_from_str(&raw.until, "%Y-%m-%d").ok();
        let after = day.and_then(|day| day.checked_add_days(Days::new(1)));
        let Some(after) = after else {
            let message = format!("`{}` is no day", raw.until);
            let help = "the last day on which it holds, as in `2027-01-31`";
            self.faults.error(&child(at, "until"), message, help);
            return None;
        };
        let end = after.and_time(NaiveTime::MIN).and_utc();
        Some(GuardAllow {
            agent,
            rule: raw.rule,
            target: raw.target,
            reason: raw.reason,
            until: Time(end.timestamp_millis()),
        })
    }
}
