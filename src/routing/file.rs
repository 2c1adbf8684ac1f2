//! A routing file becomes a [`Scenario`] and its examples, or all its flaws.
//!
//! Front matter between `+++` lines is TOML, as the config is: one parser and
//! one notation, faults with their place, and nothing new to trust. What follows
//! is Markdown: the lists under the headings "Keywords" and "Examples" count, the
//! rest is for people.
//!
//! Invariant: a span points into the file's text.

use super::is_pinned;
use crate::model::route::{Choice, Scenario};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// The longest routing file, in bytes.
pub const FILE_BYTES_MAX: usize = 256 * 1024;
/// The longest keyword, in characters.
const KEYWORD_CHARS_MAX: usize = 100;
/// The longest provider chain.
const CHAIN_MAX: usize = 10;
/// The highest priority.
const PRIORITY_MAX: u32 = 100;

const HEADINGS: &str = "lists count below the headings `Keywords` and `Examples`; what is for people alone is written without a list, or below the title";
const LINK: &str = "a link names both, as { provider = \"claude\", model = \"sonnet\" }";
const FRAME: &str = "begin with +++, tier, priority and chain as TOML, and +++ again; `routing_scenarios/review.md` shows it";

/// What is wrong with a routing file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// What was found.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Whether the file can be used even so.
    pub warning: bool,
}

/// A routing file that can be used.
#[derive(Clone, Debug)]
pub struct File {
    /// What it says.
    pub scenario: Scenario,
    /// Where each keyword stands.
    pub places: Vec<Range<usize>>,
    /// What must come of some texts.
    pub examples: Vec<Example>,
    /// What is odd, but no fault.
    pub warnings: Vec<Flaw>,
}

/// A text that must route here, or must not.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Whether it belongs to the file's tier.
    pub here: bool,
    /// Where it stands.
    pub span: Range<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    tier: Spanned<String>,
    priority: Spanned<u32>,
    chain: Spanned<Vec<Link>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    provider: String,
    model: Spanned<String>,
}

/// The flaws while a file is read.
struct Reading {
    flaws: Vec<Flaw>,
}

/// An item of a list, and under which heading.
struct Item {
    heading: Heading,
    text: String,
    span: Range<usize>,
}

/// A heading, and whether it is the file's title: what is listed below that is for people.
#[derive(Clone, Default)]
struct Heading {
    text: String,
    is_title: bool,
}

/// Reads a routing file.
///
/// # Errors
/// Its flaws, warnings among them, when it cannot be used.
pub fn read(name: &str, text: &str) -> Result<File, Vec<Flaw>> {
    let mut reading = Reading { flaws: Vec::new() };
    let parts = split(text).ok_or_else(|| vec![flaw(0..0, "no front matter", FRAME)])?;
    let parsed: Front = toml::from_str(parts.front).map_err(|error| {
        let span = shifted(&error.span().unwrap_or(0..0), parts.front_at);
        let message = format!("front matter: {}", error.message().replace('\n', ", "));
        let of_link = ["`model`", "`provider`"]
            .iter()
            .any(|key| message.contains(key));
        vec![flaw(span, &message, if of_link { LINK } else { FRAME })]
    })?;
    reading.front(&parsed, parts.front_at);
    let body = parts.body_at;
    let (mut keywords, mut places, mut examples) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = String::new();
    for Item {
        heading,
        text: item,
        span,
    } in items(parts.body)
    {
        let span = shifted(&span, body);
        let named = heading.text.trim().to_lowercase();
        match named.as_str() {
            "keywords" => {
                let source = text.get(span.clone()).unwrap_or_default();
                if let Some(keyword) = reading.keyword((&item, source), &span, &keywords) {
                    keywords.push(keyword);
                    places.push(span);
                }
            }
            "examples" => examples.extend(reading.example(&item, span)),
            // Once a list is enough.
            _ if heading.is_title || named.is_empty() || named == unknown => {}
            _ => {
                let message = format!("a list below the heading \"{}\"", heading.text.trim());
                reading.error(span, &message, HEADINGS);
                unknown = named;
            }
        }
    }
    if keywords.is_empty() && reading.flaws.iter().all(|flaw| flaw.warning) {
        let help = "write a list below a heading `## Keywords`, one word or phrase an item";
        reading.error(
            body..body,
            "no keywords: nothing would ever route here",
            help,
        );
    }
    if reading.flaws.iter().any(|flaw| !flaw.warning) {
        return Err(reading.flaws);
    }
    let link = |link: Link| Choice {
        provider: link.provider,
        model: Some(link.model.into_inner()),
    };
    Ok(File {
        scenario: Scenario {
            name: name.to_owned(),
            tier: parsed.tier.into_inner(),
            priority: parsed.priority.into_inner(),
            chain: parsed.chain.into_inner().into_iter().map(link).collect(),
            keywords,
        },
        places,
        examples,
        warnings: reading.flaws,
    })
}

impl Reading {
    fn error(&mut self, span: Range<usize>, message: &str, help: &str) {
        self.flaws.push(flaw(span, message, help));
    }

    fn warning(&mut self, span: Range<usize>, message: &str, help: &str) {
        let warning = true;
        self.flaws.push(Flaw {
            warning,
            ..flaw(span, message, help)
        });
    }

    fn front(&mut self, front: &Front, start: usize) {
        let at = |span: Range<usize>| shifted(&span, start);
        if !is_name(front.tier.get_ref()) {
            let message = format!("`{}` is not a name for a tier", front.tier.get_ref());
            let help =
                "lower-case letters, digits and hyphens, beginning with a letter, at most 40";
            self.error(at(front.tier.span()), &message, help);
        }
        let priority = *front.priority.get_ref();
        if priority == 0 || priority > PRIORITY_MAX {
            let message = format!("a priority of {priority}");
            let help =
                format!("write a number from 1 to {PRIORITY_MAX}; the highest that matches wins");
            self.error(at(front.priority.span()), &message, &help);
        }
        let chain = front.chain.get_ref();
        if chain.is_empty() || chain.len() > CHAIN_MAX {
            let message = format!("a chain of {} providers", chain.len());
            let help = format!(
                "name 1 to {CHAIN_MAX}, as {{ provider = \"claude\", model = \"sonnet\" }}"
            );
            self.error(at(front.chain.span()), &message, &help);
        }
        for link in chain {
            let (model, span) = (link.model.get_ref(), at(link.model.span()));
            if model.trim().is_empty() || link.provider.trim().is_empty() {
                self.error(span, "a link without provider or model", LINK);
            } else if is_pinned(model) {
                let message = format!("`{model}` is pinned to a version");
                let help = "a pinned model is switched off one day and the tier with it; use an alias such as `opus`, `sonnet` or `haiku`";
                self.warning(span, &message, help);
            }
        }
    }

    fn keyword(
        &mut self,
        (item, source): (&str, &str),
        span: &Range<usize>,
        others: &[String],
    ) -> Option<String> {
        if let Some(c) = item.chars().find(|c| adf_words::is_invisible(*c)) {
            let message = format!(
                "a character that cannot be seen, U+{:04X}, in a keyword",
                u32::from(c)
            );
            let help = "write the keyword anew without it; in texts such characters are passed over, so it is found even so";
            self.error(span.clone(), &message, help);
            return None;
        }
        let keyword = adf_words::fold(item.trim()).trim().to_owned();
        if !keyword.chars().any(char::is_alphanumeric) {
            // Markdown takes `***` for a line, which is no text: what stands after the list's mark.
            let written = source.lines().next().unwrap_or_default();
            let written = written.split_once(' ').map_or("", |(_, rest)| rest.trim());
            let shown = if item.is_empty() { written } else { item };
            let message = format!("`{shown}` has no word in it");
            self.error(span.clone(), &message, "a keyword is a word or a phrase");
            return None;
        }
        if keyword.chars().count() > KEYWORD_CHARS_MAX {
            let message = format!("a keyword of more than {KEYWORD_CHARS_MAX} characters");
            self.error(
                span.clone(),
                &message,
                "a keyword is a word or a short phrase",
            );
            return None;
        }
        if others.contains(&keyword) {
            let message = format!("`{keyword}` is listed twice");
            self.warning(span.clone(), &message, "it counts once; take one out");
            return None;
        }
        Some(keyword)
    }

    fn example(&mut self, item: &str, span: Range<usize>) -> Option<Example> {
        let split = item.rsplit_once('→').or_else(|| item.rsplit_once("->"));
        let said = split.map(|(text, said)| (text.trim(), said.trim().to_lowercase()));
        let example = match said {
            Some((text, said)) if said == "this tier" => Some((text, true)),
            Some((text, said)) if said == "not this tier" => Some((text, false)),
            _ => None,
        };
        let Some((text, here)) = example else {
            let help = "write `- some text → this tier` or `- some text → not this tier`";
            self.error(span, "an example that does not say where it belongs", help);
            return None;
        };
        let text = text.trim_matches(['"', '“', '”', '\'']).to_owned();
        Some(Example { text, here, span })
    }
}

fn flaw(span: Range<usize>, message: &str, help: &str) -> Flaw {
    Flaw {
        span,
        message: message.to_owned(),
        help: help.to_owned(),
        warning: false,
    }
}

fn shifted(span: &Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

/// The two parts of a file, and where each begins.
struct Parts<'t> {
    front: &'t str,
    front_at: usize,
    body: &'t str,
    body_at: usize,
}

/// What stands between the two `+++` lines, and what follows them.
fn split(text: &str) -> Option<Parts<'_>> {
    let (first, rest) = text.split_once('\n')?;
    // Some editors begin a file with a byte order mark.
    if first.trim_start_matches('\u{feff}').trim_end() != "+++" {
        return None;
    }
    let front_at = first.len() + 1;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        let after = at + line.len();
        if line.trim_end() == "+++" {
            return Some(Parts {
                front: rest.get(..at)?,
                front_at,
                body: rest.get(after..)?,
                body_at: front_at + after,
            });
        }
        at = after;
    }
    None
}

/// The items of all lists, each with the heading above it.
fn items(body: &str) -> Vec<Item> {
    let (mut heading, mut in_heading) = (Heading::default(), false);
    let mut seen = 0;
    let mut open: Vec<(String, Range<usize>)> = Vec::new();
    let mut items = Vec::new();
    for (event, span) in Parser::new(body).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Heading {
                    text: String::new(),
                    is_title: seen == 0 && level == HeadingLevel::H1,
                };
                (in_heading, seen) = (true, seen + 1);
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::Item) => open.push((String::new(), span)),
            Event::End(TagEnd::Item) => {
                let item = open.pop();
                items.extend(item.map(|(text, span)| Item {
                    heading: heading.clone(),
                    text,
                    span,
                }));
            }
            Event::Text(text) | Event::Code(text) => match open.last_mut() {
                Some((item, _)) => item.push_str(&text),
                None if in_heading => heading.text.push_str(&text),
                None => {}
            },
            Event::SoftBreak | Event::HardBreak => {
                if let Some((item, _)) = open.last_mut() {
                    item.push(' ');
                }
            }
            _ => {}
        }
    }
    items
}

/// Whether a text may name a tier.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
}
