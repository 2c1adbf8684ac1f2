//! Several routing files against each other: their examples, and keywords that
//! two of equal priority claim.
//!
//! Invariant: files that pass without an error route every example of each as
//! it says.

use super::choose::Router;
use super::file::{File, Flaw};
use crate::model::route::Scenario;

/// The most routing files.
pub const FILES_MAX: usize = 100;
/// The most keywords of all files together.
pub const KEYWORDS_MAX: usize = 10_000;
/// The most bytes of all keywords together: what they cost in memory.
pub const KEYWORD_BYTES_MAX: usize = 128 * 1024;

/// The flaws of all files, each with the number of its file.
#[must_use]
pub fn check(files: &[File]) -> Vec<(usize, Flaw)> {
    let mut flaws = Vec::new();
    for (n, file) in files.iter().enumerate() {
        flaws.extend(file.warnings.iter().map(|flaw| (n, flaw.clone())));
    }
    clashes(files, &mut flaws);
    let scenarios: Vec<Scenario> = files.iter().map(|f| f.scenario.clone()).collect();
    match bounded(&scenarios).and_then(|()| Router::new(scenarios).map_err(|e| e.to_string())) {
        Ok(router) => examples(files, &router, &mut flaws),
        Err(message) => flaws.push((largest(files), whole(message))),
    }
    flaws
}

fn bounded(scenarios: &[Scenario]) -> Result<(), String> {
    let keywords = || scenarios.iter().flat_map(|s| &s.keywords);
    let (count, bytes) = (
        keywords().count(),
        keywords().map(String::len).sum::<usize>(),
    );
    if count > KEYWORDS_MAX || bytes > KEYWORD_BYTES_MAX {
        return Err(format!(
            "{count} keywords of {bytes} bytes in all files; at most {KEYWORDS_MAX} and {KEYWORD_BYTES_MAX} are taken"
        ));
    }
    Ok(())
}

/// The file with the most keywords in bytes: what is too much is best taken out there.
fn largest(files: &[File]) -> usize {
    let bytes = |file: &File| {
        file.scenario
            .keywords
            .iter()
            .map(String::len)
            .sum::<usize>()
    };
    let sizes = files.iter().map(bytes).enumerate();
    sizes.max_by_key(|(_, bytes)| *bytes).map_or(0, |(n, _)| n)
}

fn whole(message: String) -> Flaw {
    Flaw {
        span: 0..0,
        message,
        help: "take keywords out".to_owned(),
        warning: false,
    }
}

/// Keywords of two files between which only the number of words, or the name, decides, and
/// it matters which.
fn clashes(files: &[File], flaws: &mut Vec<(usize, Flaw)>) {
    for (n, file) in files.iter().enumerate() {
        let (own, earlier) = (&file.scenario, &files[..n]);
        let equal = |other: &&File| {
            let other = &other.scenario;
            let differs = other.tier != own.tier || other.chain != own.chain;
            other.priority == own.priority && differs
        };
        for other in earlier.iter().filter(equal) {
            for (keyword, place) in own.keywords.iter().zip(&file.places) {
                if !other.scenario.keywords.contains(keyword) {
                    continue;
                }
                let message = format!(
                    "`{keyword}` is a keyword of `{}` and of `{}`, both of priority {}",
                    other.scenario.name, own.name, own.priority
                );
                let help = "the one with more keywords in the text wins, then the first by name; give them different priorities, or take it out of one";
                let flaw = Flaw {
                    span: place.clone(),
                    message,
                    help: help.to_owned(),
                    warning: true,
                };
                flaws.push((n, flaw));
            }
        }
    }
}

fn examples(files: &[File], router: &Router, flaws: &mut Vec<(usize, Flaw)>) {
    for (n, file) in files.iter().enumerate() {
        for example in &file.examples {
            let route = router.by_text(&example.text);
            let tier = route.tier.as_deref();
            if (tier == Some(file.scenario.tier.as_str())) == example.here {
                continue;
            }
            let words: Vec<String> = route
                .candidates
                .iter()
                .filter(|c| !c.words.is_empty())
                .map(|c| format!("{} {}: {}", c.scenario, c.priority, c.words.join(", ")))
                .collect();
            let (text, own) = (&example.text, &file.scenario.tier);
            let message = match (example.here, tier.unwrap_or("no tier")) {
                (true, tier) => {
                    format!("\"{text}\" should go to this tier ({own}), but goes to {tier}")
                }
                (false, _) => format!("\"{text}\" should not go to this tier ({own}), but does"),
            };
            let found = match words.as_slice() {
                [] => "no keyword is in it".to_owned(),
                words => format!("its words: {}", words.join("; ")),
            };
            let help = format!("{found}; change a keyword or a priority, or the example");
            let span = example.span.clone();
            flaws.push((
                n,
                Flaw {
                    span,
                    message,
                    help,
                    warning: false,
                },
            ));
        }
    }
}
