//! What a judgement comes to, and what a rule is.
//!
//! Invariant: a denial always says what would have been done, why it is denied
//! and what to do instead; `tests/guard.rs` holds that each rule's way out is
//! itself allowed.

/// One rule, as data. Its examples run as tests.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name: domain and fault, as in `fs.delete-outside`.
    pub id: &'static str,
    /// What it denies, in one line.
    pub what: &'static str,
    /// Why.
    pub reason: &'static str,
    /// The safer way, told to the agent.
    pub instead: &'static str,
    /// A safer way as a command, where there is one; it is allowed.
    pub safer: Option<&'static str>,
    /// Commands that it denies.
    pub deny: &'static [&'static str],
    /// Look-alikes that are allowed.
    pub allow: &'static [&'static str],
}

/// The end of a judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Allow,
    /// It may not.
    Deny(Box<Denial>),
}

/// Why something may not run, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// The safer way.
    pub instead: String,
    /// A safer way as a command, where there is one.
    pub safer: Option<String>,
    /// What it would have destroyed, changed or told: a path, a branch, a host.
    pub destroys: String,
    /// The command as it was understood, wrappers and quotes taken off.
    pub parsed: String,
}

impl Verdict {
    /// Whether it may run.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        matches!(self, Verdict::Allow)
    }

    /// The denial, if it is one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Verdict::Allow => None,
            Verdict::Deny(denial) => Some(denial),
        }
    }

    /// `allow` or `deny`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        if self.is_allow() { "allow" } else { "deny" }
    }
}

impl Denial {
    /// What an agent is told: rule, reason, and the way out, with a command where there is one.
    #[must_use]
    pub fn told(&self) -> String {
        let safer = self.safer.as_ref();
        let safer = safer.map_or(String::new(), |safer| format!(". Allowed is: {safer}"));
        format!(
            "denied by {}: {}. Instead: {}{safer}",
            self.rule, self.reason, self.instead
        )
    }
}
