//! The one redactor: any text becomes the same text without secrets.
//!
//! Invariant: a known value of [`KNOWN_MIN_CHARS`] or more, in any of its usual
//! encodings, never survives [`Redactor::clean`]; cleaning a clean text changes
//! nothing; and a redactor that could not be built lets nothing through.
//! Everything that goes to a log, a comment, an error or a disk passes here.
//! Where to look next: [`forms`] and [`shapes`] for what is found, [`clip`] for length, [`places`] for what
//! is not for everybody.

mod clip;
mod forms;
mod places;
mod shapes;

pub use clip::clip;
pub use places::without_places;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use secrecy::SecretString;
use shapes::Shapes;
use std::{
    borrow::Cow,
    fmt,
    ops::Range,
    sync::{Arc, LazyLock},
};

/// What stands where a secret stood.
pub const PLACEHOLDER: &str = "[redacted]";
/// Characters below which a known value is ignored: too short to be told from other text.
pub const KNOWN_MIN_CHARS: usize = 6;
/// Rounds of cleaning: a replacement may lay open another secret beside it.
const ROUNDS_MAX: usize = 8;

/// Removes secrets from text. Cheap to clone.
#[derive(Clone)]
pub struct Redactor(Option<Arc<Finder>>);

/// Compiled once: it takes far longer than the rest of a redactor.
static SHAPES: LazyLock<Option<Shapes>> = LazyLock::new(|| Shapes::new().ok());

/// What finds secrets.
struct Finder {
    /// Known values as they are and in encodings of fixed length.
    plain: AhoCorasick,
    /// The parts of base64 text that a known value decides, whatever stands around it.
    base64: AhoCorasick,
    shapes: &'static Shapes,
}

impl Redactor {
    /// A redactor for the known values and the well-known shapes.
    #[must_use]
    pub fn new(known: &[SecretString]) -> Redactor {
        Redactor(Finder::new(known).map(Arc::new))
    }

    /// The text without secrets.
    #[must_use]
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(finder) = &self.0 else {
            return Cow::Borrowed(PLACEHOLDER);
        };
        let mut out = Cow::Borrowed(text);
        for _ in 0..ROUNDS_MAX {
            let spans = finder.spans(&out);
            if spans.is_empty() {
                break;
            }
            out = Cow::Owned(replaced(&out, &spans));
        }
        out
    }
}

impl Redactor {
    /// Whether a known value stands in the text, in any of its encodings.
    #[must_use]
    pub fn knows(&self, text: &str) -> bool {
        let found =
            |finder: &Arc<Finder>| finder.plain.is_match(text) || finder.base64.is_match(text);
        self.0.as_ref().is_none_or(found)
    }

    /// Whether something stands in the text that nothing but a secret looks like: a token with
    /// its prefix, a private key.
    #[must_use]
    pub fn suspects(&self, text: &str) -> bool {
        self.0
            .as_ref()
            .is_none_or(|finder| finder.shapes.has_token(text))
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Finder {
    fn new(known: &[SecretString]) -> Option<Finder> {
        let forms = forms::of(known);
        Some(Finder {
            plain: automaton(&forms.plain)?,
            base64: automaton(&forms.base64)?,
            shapes: SHAPES.as_ref()?,
        })
    }

    /// Where secrets stand, sorted, those that touch joined.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = self.shapes.find(text);
        spans.extend(self.plain.find_iter(text).map(|found| found.range()));
        let mut grown = 0;
        for found in self.base64.find_iter(text) {
            if found.end() > grown {
                let span = forms::grow_base64(text, found.range(), grown);
                grown = span.end;
                spans.push(span);
            }
        }
        spans.sort_unstable_by_key(|span| span.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        joined
    }
}

fn automaton(patterns: &[String]) -> Option<AhoCorasick> {
    // The quickest kind takes several times the memory, for as long as the factory lives.
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(patterns)
        .ok()
}

fn replaced(text: &str, spans: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for span in spans {
        out.push_str(text.get(kept..span.start).unwrap_or_default());
        out.push_str(PLACEHOLDER);
        kept = span.end;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    out
}
