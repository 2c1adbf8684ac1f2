//! Walks the tree of a text as a shell would run it, and asks the rules about
//! every command it comes to.
//!
//! Invariant: each command is judged, in whatever it is wrapped, nested or
//! repeated; the first denial ends the walk. Steps and depth are bounded, and
//! at a bound the walk denies: it never answers with what it did not see.

mod blocks;
mod builtins;
mod effort;
pub(crate) mod endless;
mod expand;
mod filters;
mod interpret;
pub(crate) mod many;
mod meanings;
mod outlet;
pub(crate) mod parameters;
pub(crate) mod peel;
mod read;
pub(crate) mod run;
mod simple;
mod started;
mod state;
mod substitute;
mod sums;
mod surroundings;
mod texts;
mod wrappers;
mod written;

pub use effort::Effort;
pub(crate) use state::{State, Stream};
pub(crate) use substitute::below;

use super::loss;
use super::place::{self, Place, Target};
use super::rules::shell;
use super::safer;
use super::scene::{Policy, Scene};
use super::syntax::{self, Doubt, tree::Node};
use super::verdict::{Denial, Rule};
use super::word::{Value, joined, shown};
use effort::{DEPTH_MAX, WITHIN_MAX, WORD_BYTES_MAX};
use std::rc::Rc;

/// The end of a walk: why it may not run.
pub(crate) type Stop = Box<Denial>;
/// What has data that were there before, when making it fails: only who goes on by `&&`
/// may count on it.
const DATA: &str = "database:";

/// How many things that a text makes are kept in mind.
const MADE_MAX: usize = 64;

/// Nothing found, or the end.
pub(crate) type Found<T = ()> = Result<T, Stop>;

/// One command as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Command<'a> {
    /// The program's name, without its folder.
    pub(crate) name: &'a str,
    /// What follows it.
    pub(crate) args: &'a [Value],
    /// The word as it was resolved, folder included.
    pub(crate) word: &'a str,
    /// What flows into it.
    pub(crate) stdin: &'a Stream,
    /// Assignments before it.
    pub(crate) env: &'a [(String, Value)],
}

impl Command<'_> {
    /// A variable's value as the program gets it: set before it, else the shell's own.
    pub(crate) fn variable(&self, name: &str, state: &State) -> Option<Value> {
        let set = self.env.iter().rev().find(|(n, _)| n == name);
        let own = || state.get(name).map(|values| joined(values, " "));
        set.map(|(_, value)| value.clone()).or_else(own)
    }

    /// The command for people.
    pub(crate) fn shown(&self) -> String {
        let mut out = self.word.to_owned();
        for arg in self.args {
            out.push(' ');
            out.push_str(&quoted(&arg.shown()));
        }
        out
    }
}

/// A word as people would type it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+~*?[]…{}^".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// One judgement under way.
pub(crate) struct Walker<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) policy: &'a Policy,
    pub(crate) state: State,
    /// The commands that were judged, when somebody wants to know.
    pub(crate) trace: Option<Vec<String>>,
    /// Greater than zero while what runs runs on another machine.
    pub(crate) away: usize,
    /// While a function is walked that nothing calls: only what is known counts.
    lenient: bool,
    pub(crate) effort: Effort,
    depth: usize,
    called: Vec<String>,
    /// Functions that are running, and how many backgrounds this is inside.
    calls: Vec<Rc<Node>>,
    /// Whether the running function or loop may have been left before its end.
    leaves: bool,
    background: usize,
    /// Loops and commands that this is inside of.
    loops: usize,
    within: usize,
    /// The command that is judged now, for people.
    now: String,
    files: usize,
    /// Databases and containers that the commands before made: the run's own.
    made: Vec<String>,
    /// Codes of one-liners, which may have written files.
    codes: Vec<String>,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(scene: &'a Scene<'a>, policy: &'a Policy) -> Walker<'a> {
        Walker {
            scene,
            policy,
            state: State::new(&place::clean("/", scene.cwd)),
            trace: None,
            away: 0,
            lenient: false,
            effort: Effort::default(),
            depth: 0,
            called: Vec::new(),
            calls: Vec::new(),
            leaves: false,
            background: 0,
            loops: 0,
            within: 0,
            now: String::new(),
            files: 0,
            made: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Judges a whole text, functions that nothing called included.
    pub(crate) fn whole(&mut self, text: &str) -> Found {
        let out = self.text(text, Stream::Empty)?;
        self.aside(&out)?;
        self.uncalled()
    }

    /// Judges a text that runs in this shell; what it prints.
    pub(crate) fn text(&mut self, text: &str, stdin: Stream) -> Found<Stream> {
        if self.depth >= DEPTH_MAX {
            return Err(self.stop(&shell::TOO_COMPLEX, text));
        }
        self.reads(text)?;
        let block = syntax::parse(text, self.depth > 0).map_err(|doubt| self.doubt(doubt, text))?;
        self.depth += 1;
        let out = self.block(&block, stdin)?;
        self.depth -= 1;
        Ok(out)
    }

    /// Judges a text that runs in a shell of its own, or later: it has the functions that
    /// were exported to it, or that are left by then.
    pub(crate) fn apart(&mut self, text: &str, stdin: Stream) -> Found<Stream> {
        let kept = self.state.clone();
        self.state.functions.doubt();
        let out = self.text(text, stdin)?;
        self.restore(kept);
        Ok(out)
    }

    /// Back to a state, but what was written to files stays written.
    fn restore(&mut self, kept: State) {
        let files = std::mem::take(&mut self.state.files);
        self.state = kept;
        self.state.files = files;
    }

    /// Keeps in mind what the command makes that is judged: the same text may end it by
    /// that name, unless it stands where the making has failed.
    pub(crate) fn makes(&mut self, what: String) {
        let is_sure = self.within == 1 || !what.starts_with(DATA);
        if self.away == 0 && is_sure && self.made.len() < MADE_MAX {
            self.made.push(what);
        }
    }

    /// Nobody knows any more whether making it did well.
    fn unmade(&mut self) {
        self.made.retain(|what| !what.starts_with(DATA));
    }

    /// Whether something was made before.
    pub(crate) fn has_made(&self, what: &str) -> bool {
        self.made.iter().any(|made| made == what)
    }

    fn doubt(&mut self, doubt: Doubt, text: &str) -> Stop {
        let rule = match doubt {
            Doubt::Grammar => &shell::UNPARSEABLE,
            Doubt::Size | Doubt::Depth => &shell::TOO_COMPLEX,
            Doubt::Characters => &shell::CHARACTERS,
            Doubt::Second(command) => {
                let mut stop = self.stop(&shell::AMBIGUOUS, text);
                let name: String = shown(command.trim()).chars().take(80).collect();
                if !name.is_empty() {
                    stop.reason = format!(
                        "bash may run `{name}` here as a command, or take it for a part of the words around it"
                    );
                }
                return stop;
            }
        };
        self.stop(rule, text)
    }

    /// A denial that no allowance can lift.
    pub(crate) fn stop(&self, rule: &Rule, destroys: &str) -> Stop {
        let named = shown(destroys);
        let parsed = shown(&self.now);
        let repeats =
            named.trim_matches('…').is_empty() || named == parsed || rule.id.starts_with("shell.");
        let destroys = if repeats {
            loss::of(rule.id).to_owned()
        } else {
            named
        };
        let destroys: String = destroys.chars().take(200).collect();
        Box::new(Denial {
            rule: rule.id.to_owned(),
            reason: rule.reason.to_owned(),
            instead: rule.instead.to_owned(),
            safer: safer::way(rule.id, &parsed)
                .or(rule.safer)
                .map(str::to_owned),
            destroys,
            parsed,
        })
    }

    /// Denies, unless an allowance lifts the rule for this target.
    pub(crate) fn deny(&self, rule: &Rule, target: &str) -> Found {
        if self.policy.lifts(rule.id, target) {
            return Ok(());
        }
        Err(self.stop(rule, target))
    }

    /// Denies because something is not known: not for what nobody calls.
    pub(crate) fn doubtful(&self, rule: &Rule, target: &str) -> Found {
        if self.lenient {
            Ok(())
        } else {
            self.deny(rule, target)
        }
    }

    /// Denies by a target: an unknown one only where it counts.
    pub(crate) fn deny_target(&self, rule: &Rule, target: &Target) -> Found {
        if target.place == Place::Unknown {
            self.doubtful(rule, &target.path)
        } else {
            self.deny(rule, &target.path)
        }
    }

    /// Where a value leads: the worst of all it may mean.
    pub(crate) fn target(&self, value: &Value, follows: bool) -> Target {
        if self.away > 0 {
            return Target {
                path: value.shown(),
                place: Place::Outside,
            };
        }
        let mut worst: Option<Target> = None;
        for cwd in &self.state.cwds {
            let target = place::target(
                self.scene,
                &self.state.links,
                cwd.as_deref(),
                value,
                follows,
            );
            if worst.as_ref().is_none_or(|w| target.place > w.place) {
                worst = Some(target);
            }
        }
        worst.unwrap_or_else(|| place::target(self.scene, &self.state.links, None, value, follows))
    }
}
