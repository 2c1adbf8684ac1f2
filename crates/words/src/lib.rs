//! All keywords in one automaton: which of them a text holds as whole words.
//!
//! Invariant: overlapping keywords are all found, each is reported once, and a
//! text is read once, whatever number of keywords there are.

mod fold;

pub use fold::{TEXT_BYTES_MAX, fold, is_invisible};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};
use fold::bounded;

pub use aho_corasick::BuildError;

/// Keywords, ready to be found.
#[derive(Debug)]
pub struct Words {
    /// None when there is no keyword.
    dfa: Option<DFA>,
    lengths: Vec<usize>,
}

/// The keywords that were found in some texts.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where each keyword ends first, over all texts.
    ends: Vec<usize>,
    /// How much was read before.
    behind: usize,
    /// Their numbers, in the order in which they stand in the texts.
    pub hits: Vec<usize>,
    /// Whether only the beginning of a text was read.
    pub cut: bool,
}

impl Words {
    /// Builds the automaton; keywords are compared as texts are.
    ///
    /// # Errors
    /// More keywords than an automaton can number, far above the bounds of files.
    pub fn new(keywords: &[String]) -> Result<Words, BuildError> {
        let folded: Vec<String> = keywords.iter().map(|k| fold(k.trim())).collect();
        let dfa = if folded.is_empty() {
            None
        } else {
            let built = DFA::builder()
                .match_kind(MatchKind::Standard)
                .build(&folded);
            Some(built?)
        };
        Ok(Words {
            dfa,
            lengths: folded.iter().map(String::len).collect(),
        })
    }

    /// Nothing found yet.
    #[must_use]
    pub fn nothing(&self) -> Found {
        Found {
            ends: vec![usize::MAX; self.lengths.len()],
            behind: 0,
            hits: Vec::new(),
            cut: false,
        }
    }

    /// Adds what a text holds.
    pub fn read(&self, text: &str, found: &mut Found) {
        let (text, cut) = bounded(text);
        found.cut |= cut;
        let text = fold(text);
        if let Some(dfa) = &self.dfa {
            self.walk(dfa, &text, found);
        }
        found.behind += text.len() + 1;
    }

    /// Walks both halves of a text side by side: each step of a walk waits for
    /// the one before, and not for the other walk.
    fn walk(&self, dfa: &DFA, text: &str, found: &mut Found) {
        let Ok(start) = dfa.start_state(Anchored::No) else {
            return;
        };
        let half = text.len() / 2;
        // So early that no match over the middle is lost.
        let back = half.saturating_sub(dfa.max_pattern_len());
        let (left, right) = (&text.as_bytes()[..half], &text.as_bytes()[back..]);
        let (mut one, mut other) = (start, start);
        for (at, (first, second)) in left.iter().zip(right).enumerate() {
            one = dfa.next_state(Anchored::No, one, *first);
            other = dfa.next_state(Anchored::No, other, *second);
            if dfa.is_special(one) {
                self.note(dfa, one, text, at + 1, found);
            }
            if dfa.is_special(other) {
                self.note(dfa, other, text, back + at + 1, found);
            }
        }
        for (at, byte) in right.iter().enumerate().skip(left.len()) {
            other = dfa.next_state(Anchored::No, other, *byte);
            if dfa.is_special(other) {
                self.note(dfa, other, text, back + at + 1, found);
            }
        }
        found
            .hits
            .sort_unstable_by_key(|keyword| found.ends[*keyword]);
    }

    /// Notes the keywords that end here, if they are whole words.
    fn note(&self, dfa: &DFA, state: StateID, text: &str, end: usize, found: &mut Found) {
        if !dfa.is_match(state) {
            return;
        }
        for nth in 0..dfa.match_len(state) {
            let keyword = dfa.match_pattern(state, nth).as_usize();
            let place = found.behind + end;
            if found.ends[keyword] > place && is_whole(text, end, self.lengths[keyword]) {
                if found.ends[keyword] == usize::MAX {
                    found.hits.push(keyword);
                }
                found.ends[keyword] = place;
            }
        }
    }
}

/// Whether nothing of the word goes on before or behind a match.
fn is_whole(text: &str, end: usize, length: usize) -> bool {
    !is_joint(text, end - length) && !is_joint(text, end)
}

/// Whether a word goes on over this place.
fn is_joint(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let (Some(before), Some(after)) = (at.checked_sub(1).and_then(|n| bytes.get(n)), bytes.get(at))
    else {
        return false;
    };
    if before.is_ascii() && after.is_ascii() {
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        return in_word(before) && in_word(after);
    }
    let sides = text.get(..at).zip(text.get(at..));
    let ends = sides.and_then(|(left, right)| left.chars().next_back().zip(right.chars().next()));
    ends.is_some_and(|(left, right)| {
        let in_word = |c: char| (c.is_alphanumeric() || c == '_') && !is_unspaced(c);
        in_word(left) && in_word(right)
    })
}

/// Letters of scripts that put no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(keywords: &[&str], text: &str) -> Vec<usize> {
        let keywords: Vec<String> = keywords.iter().map(|k| (*k).to_owned()).collect();
        let words = Words::new(&keywords).unwrap();
        let mut found = words.nothing();
        words.read(text, &mut found);
        found.hits.sort_unstable();
        found.hits
    }

    #[test]
    fn only_whole_words_count_and_all_that_overlap() {
        assert!(found(&["api"], "the capital, an api_key, apis").is_empty());
        assert_eq!(found(&["api"], "(API)"), [0]);
        assert_eq!(
            found(
                &["code review", "review", "review of"],
                "Code\n review of it"
            ),
            [0, 1, 2]
        );
        assert_eq!(found(&["c++"], "write C++17 or C++"), [0]);
        assert_eq!(found(&["straße", "re"], "STRASSE Straße; régime"), [0]);
    }

    #[test]
    fn right_to_left_and_unspaced_scripts_are_found() {
        assert_eq!(found(&["סקירה"], "נא לבצע סקירה של הקוד"), [0]);
        assert!(found(&["סקירה"], "הסקירה").is_empty());
        assert_eq!(found(&["計画"], "来週の計画を立てる"), [0]);
    }

    #[test]
    fn what_lies_beyond_the_bound_is_not_read_and_that_is_said() {
        let words = Words::new(&["needle".to_owned()]).unwrap();
        let mut found = words.nothing();
        words.read(&format!("{} needle", "x ".repeat(1 << 19)), &mut found);
        assert!(found.hits.is_empty() && found.cut);
    }

    #[test]
    fn no_keywords_find_nothing() {
        assert!(found(&[], "anything").is_empty());
    }
}
