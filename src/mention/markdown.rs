//! Which parts of a passage are plain prose: Markdown becomes byte ranges.
//!
//! Invariant: the ranges are sorted, disjoint, on character boundaries, and
//! hold nothing of a code span or block, a quote, a link, an image, an HTML
//! block or comment, or the inside of an inline HTML code, link or quote element.
//! Where to look next: [`super::grammar`] scans what is left.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Inline HTML elements whose inside is code, a link or a quote.
const OPAQUE_ELEMENTS: [&str; 9] = [
    "a",
    "blockquote",
    "code",
    "kbd",
    "pre",
    "q",
    "samp",
    "textarea",
    "tt",
];

/// The prose of a Markdown text, as byte ranges of the source.
pub(super) fn prose(body: &str) -> Vec<Range<usize>> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut shut = 0_usize;
    let mut elements = 0_usize;
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                shut += usize::from(is_shut(&tag));
                if is_block(&tag.to_end()) {
                    elements = 0;
                }
            }
            Event::End(end) => {
                shut = shut.saturating_sub(usize::from(is_shut_end(end)));
                if is_block(&end) {
                    elements = 0;
                }
            }
            Event::InlineHtml(html) => match element(&html) {
                Some(true) => elements += 1,
                Some(false) => elements = elements.saturating_sub(1),
                None => {}
            },
            Event::Text(_) if shut == 0 && elements == 0 => ranges.push(range),
            _ => {}
        }
    }
    joined(ranges)
}

/// Sorts the ranges and joins those that touch: one word may come as several events.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

fn is_shut(tag: &Tag<'_>) -> bool {
    is_shut_end(tag.to_end())
}

fn is_shut_end(end: TagEnd) -> bool {
    matches!(
        end,
        TagEnd::BlockQuote(_)
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::MetadataBlock(_)
    )
}

/// An HTML element left open ends with the block it stands in.
fn is_block(end: &TagEnd) -> bool {
    matches!(
        end,
        TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableCell
    )
}

/// Whether a tag opens (`true`) or closes (`false`) one of [`OPAQUE_ELEMENTS`].
fn element(html: &str) -> Option<bool> {
    let inner = html.strip_prefix('<')?;
    let (opens, inner) = match inner.strip_prefix('/') {
        Some(inner) => (false, inner),
        None => (true, inner),
    };
    let name = inner.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let known = OPAQUE_ELEMENTS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name));
    (known && !(opens && html.ends_with("/>"))).then_some(opens)
}
