//! Keywords found by the automaton against a search that tries every place.

use adf_words::Words;
use proptest::prelude::*;

/// Letters, a joint, gaps and a letter beyond ASCII: enough for all kinds of edges.
const TEXT: &str = "[abA_ é\n-]{0,40}";
const KEYWORD: &str = "[abé](-?[abé_ ]?[abé]){0,2}";

/// Both are compared in lower case with one space between words.
fn plain(text: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::new();
    for c in text.to_lowercase().chars() {
        let c = if c.is_whitespace() { ' ' } else { c };
        if c != ' ' || out.last() != Some(&' ') {
            out.push(c);
        }
    }
    out
}

fn naive(keyword: &str, text: &str) -> bool {
    let (keyword, text) = (plain(keyword), plain(text));
    let in_word = |at: Option<&char>| at.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let joint = |at: usize| {
        let before = at.checked_sub(1).and_then(|n| text.get(n));
        in_word(before) && in_word(text.get(at))
    };
    let places = 0..(text.len() + 1).saturating_sub(keyword.len());
    places.into_iter().any(|at| {
        let end = at + keyword.len();
        text[at..end] == keyword[..] && !joint(at) && !joint(end)
    })
}

proptest! {
    #[test]
    fn the_automaton_finds_what_a_search_of_every_place_finds(
        keywords in proptest::collection::btree_set(KEYWORD, 1..6),
        text in TEXT,
    ) {
        let keywords: Vec<String> = keywords.into_iter().collect();
        let words = Words::new(&keywords).expect("an automaton");
        let mut found = words.nothing();
        words.read(&text, &mut found);
        found.hits.sort_unstable();
        let wanted = keywords.iter().enumerate().filter(|(_, word)| naive(word, &text));
        let wanted: Vec<usize> = wanted.map(|(n, _)| n).collect();
        prop_assert_eq!(found.hits, wanted, "{:?} in {:?}", keywords, text);
    }
}
