//! The grammar: a passage becomes the mentions that stand in its prose.
//!
//! Invariant: time grows with the length of the text and no faster, every
//! `@adf:` in prose is either a proper target or malformed (never dropped in
//! silence), and instructions are cut out of the source verbatim.
//! Where to look next: [`super::markdown`] for what counts as prose.

use super::markdown;
use crate::model::{AgentName, Target};
use std::{collections::BTreeMap, ops::Range};

/// Mentions read from one passage; what follows is not looked at.
pub const MENTIONS_MAX: usize = 100;
/// Characters of a name.
pub const NAME_MAX_CHARS: usize = 40;
/// Characters kept of a malformed mention.
pub const MALFORMED_MAX_CHARS: usize = 60;

const SIGN: &str = "@adf:";

/// A mention as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who is called.
    pub target: Target,
    /// It is the n-th mention of that target in the passage, from 1.
    pub nth: u32,
    /// What follows, to the next mention or the end, trimmed.
    pub instruction: String,
}

/// Finds the mentions of a passage, at most [`MENTIONS_MAX`].
#[must_use]
pub fn find(body: &str) -> Vec<Found> {
    let hits = scan(body);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, hit) in hits.iter().enumerate().take(MENTIONS_MAX) {
        let count = counts.entry(label(&hit.target)).or_default();
        *count += 1;
        let end = hits.get(at + 1).map_or(body.len(), |next| next.lead);
        let text = body.get(hit.end..end).unwrap_or_default();
        let more = at + 1 < hits.len();
        found.push(Found {
            target: hit.target.clone(),
            nth: *count,
            instruction: instruction(text, more),
        });
    }
    found
}

/// Where a text, such as a prompt, writes a mention in prose that calls nobody: `@adf:` alone,
/// or with what is no name. One that goes on with a placeholder stands for a name.
#[must_use]
pub fn malformed(body: &str) -> Vec<Range<usize>> {
    let hits = scan(body).into_iter();
    let wrong = hits.filter(|hit| matches!(hit.target, Target::Malformed(_)));
    let wrong = wrong.filter(|hit| !is_filled(body, hit.end));
    wrong.map(|hit| hit.lead..hit.end).collect()
}

/// The agents of its own project that a text, such as a prompt, names to be called, also in
/// code, and where. A name that goes on with a placeholder is none.
#[must_use]
pub fn named(body: &str) -> Vec<(Range<usize>, AgentName)> {
    let signs = body.match_indices(SIGN).map(|(at, _)| at);
    let signs = signs.filter(|at| lead(body, *at).is_some());
    let targets = signs.map(|at| (at, target(body, at, &(0..body.len()))));
    let named = targets.filter_map(|(at, (target, end))| match target {
        Target::Agent {
            project: None,
            agent,
        } if !is_filled(body, end) => Some((at..end, agent)),
        _ => None,
    });
    named.take(MENTIONS_MAX).collect()
}

/// Whether a placeholder follows.
fn is_filled(body: &str, end: usize) -> bool {
    let rest = body.get(end..).unwrap_or_default();
    rest.starts_with(['{', '<', '[', '$', '…'])
}

/// Whether a text is a name: `[a-z][a-z0-9-]{0,39}`.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.len() <= NAME_MAX_CHARS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The part of an id that names a target: `agent`, `project/agent` or `!`.
pub(super) fn label(target: &Target) -> String {
    match target {
        Target::Agent {
            project: Some(project),
            agent,
        } => format!("{project}/{agent}"),
        Target::Agent {
            project: None,
            agent,
        } => agent.as_str().to_owned(),
        Target::Malformed(_) => "!".to_owned(),
    }
}

/// A mention's place: `lead` is before the emphasis around it, `end` after its name.
struct Hit {
    lead: usize,
    end: usize,
    target: Target,
}

/// Walks once over the text; one more hit than is kept, so the last one ends well.
fn scan(body: &str) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut signs = body
        .match_indices('@')
        .map(|(at, _)| at)
        .filter(|at| is_sign(body, *at))
        .peekable();
    if signs.peek().is_none() {
        return hits;
    }
    let prose = markdown::prose(body);
    let mut prose = prose.iter().peekable();
    let mut word = Word::default();
    let mut read_to = 0;
    for at in signs {
        word.read(body.get(read_to..at).unwrap_or_default());
        read_to = at;
        while prose.next_if(|range| range.end <= at).is_some() {}
        let Some(range) = prose.peek().filter(|range| range.contains(&at)) else {
            continue;
        };
        let taken = hits.last().map_or(0, |hit| hit.end);
        let Some(lead) = lead(body, at).filter(|_| at >= taken && !word.is_url) else {
            continue;
        };
        let (target, end) = target(body, at, range);
        let lead = lead.max(taken);
        hits.push(Hit { lead, end, target });
        if hits.len() > MENTIONS_MAX {
            break;
        }
    }
    hits
}

fn is_sign(body: &str, at: usize) -> bool {
    body.get(at..at + SIGN.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(SIGN))
}

/// What is known of the word that the scan stands in.
#[derive(Default)]
struct Word {
    is_url: bool,
}

impl Word {
    /// Reads on. A bare URL is a link to the forge though not to the Markdown parser.
    fn read(&mut self, text: &str) {
        let tail = match text.rsplit_once(char::is_whitespace) {
            Some((_, tail)) => {
                self.is_url = false;
                tail
            }
            None => text,
        };
        self.is_url |= tail.contains("://") || tail.contains("www.");
    }
}

/// Where the mention's lead begins, or `None` when it stands inside a longer word.
fn lead(body: &str, at: usize) -> Option<usize> {
    let before = body.get(..at)?;
    if before.ends_with(['\\', '/', '@']) {
        return None;
    }
    let outer = before.trim_end_matches(['*', '_', '~']);
    let word = outer.trim_end_matches(['-', '+', '=', '#', '%', '&', '$', '*', '_', '~']);
    let inside = word.ends_with(|c: char| c.is_alphanumeric() || c == '/' || c == '@');
    (!inside).then_some(outer.len())
}

/// Reads the name behind the sign; it cannot leave the prose it stands in.
fn target(body: &str, at: usize, prose: &Range<usize>) -> (Target, usize) {
    let name_at = at + SIGN.len();
    let rest = body.get(name_at..prose.end).unwrap_or_default();
    let name = rest
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '\\' | '@')))
        .next()
        .unwrap_or_default();
    let end = name_at + name.len();
    let proper = body.get(at..name_at) == Some(SIGN);
    let target = match name.split_once('/') {
        None if proper && is_name(name) => Some((None, name)),
        Some((project, agent)) if proper && is_name(project) && is_name(agent) => {
            Some((Some(project.to_owned()), agent))
        }
        _ => None,
    };
    let target = match target {
        Some((project, agent)) => Target::Agent {
            project,
            agent: AgentName::from(agent),
        },
        None => {
            let text = body.get(at..end).unwrap_or_default();
            Target::Malformed(text.chars().take(MALFORMED_MAX_CHARS).collect())
        }
    };
    (target, end)
}

/// The instruction in what stands between a name and the next mention's lead.
fn instruction(text: &str, more: bool) -> String {
    // Punctuation that closes the name (`@adf:developer, fix …`) is no part of what is asked.
    let closed = text.trim_start_matches([
        '.', ',', ':', ';', '!', '?', ')', ']', '}', '"', '\'', '*', '_', '~',
    ]);
    let text = if closed.is_empty() || closed.starts_with(char::is_whitespace) {
        closed
    } else {
        text
    };
    let text = if more { without_marker(text) } else { text };
    text.trim().to_owned()
}

/// Drops the list or heading marker that belongs to the next mention's line.
fn without_marker(text: &str) -> &str {
    let Some((kept, line)) = text.rsplit_once('\n') else {
        return text;
    };
    let line = line.trim();
    let bullet = matches!(line, "-" | "*" | "+" | "- [ ]" | "* [ ]" | "+ [ ]");
    let heading = !line.is_empty() && line.chars().all(|c| c == '#');
    let number = line
        .strip_suffix(['.', ')'])
        .is_some_and(|n| n.len() <= 3 && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if bullet || heading || number {
        kept
    } else {
        text
    }
}
