//! A text for everybody: the same without the places of this machine.
//!
//! Invariant: no absolute path of two parts or more is left, wherever in a word it begins;
//! addresses of the web, fractions and what stands below the repository's root stay.

/// Stands where a path stood.
pub const PLACE: &str = "<path>";

/// The text without absolute paths.
#[must_use]
pub fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let begins = c == '/' && !before.is_alphanumeric() && !"/.~_-".contains(before);
        let length = if begins { path_length(rest) } else { 0 };
        // After `scheme:` two slashes are an address.
        let address = rest.starts_with("//") && before == ':';
        if length > 0 && !address {
            out.push_str(PLACE);
            before = '>';
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        out.push(c);
        before = c;
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

/// The bytes of the path at the beginning of a text, if it has two parts or more.
fn path_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || "'\"`,;:()[]{}<>|".contains(c);
    let path = text.split(ends).next().unwrap_or_default();
    let parts = path.split('/').filter(|part| !part.is_empty()).count();
    if parts >= 2 { path.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_machine_go_and_what_only_looks_alike_stays() {
        for (text, clean) in [
            (
                "fatal: not a git repository: '/srv/adf/state/t/.git'",
                "fatal: not a git repository: '<path>'",
            ),
            (
                "cannot read /srv/a/b: no room",
                "cannot read <path>: no room",
            ),
            ("path=/srv/a", "path=<path>"),
            ("(/a/b,/c/d)", "(<path>,<path>)"),
            (
                "see https://git.example.org/a/b",
                "see https://git.example.org/a/b",
            ),
            (
                "src/lib.rs and 1/2 and / and /x",
                "src/lib.rs and 1/2 and / and /x",
            ),
            ("", ""),
        ] {
            assert_eq!(without_places(text), clean);
            assert_eq!(without_places(clean), clean);
        }
    }
}
