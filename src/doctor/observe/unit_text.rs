//! The text of a unit, or of a file of its environment → settings, words and variables.
//!
//! Invariant: it is read as systemd reads it: an empty value takes back what stood before,
//! quotes and backslashes keep a word together, and each `%` is looked at once.

/// The keys and values of `[Service]`, in order, specifiers replaced.
#[must_use]
pub fn settings(text: &str, instance: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let mut is_service = false;
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in joined.lines().map(str::trim) {
        if line.starts_with('[') {
            is_service = line == "[Service]";
        } else if let Some((key, value)) = line.split_once('=')
            && is_service
            && !line.starts_with(['#', ';'])
        {
            let (key, value) = (key.trim(), value.trim());
            if value.is_empty() {
                settings.retain(|(before, _)| before != key);
            } else {
                settings.push((key.to_owned(), replaced(value, instance)));
            }
        }
    }
    settings
}

/// The usual specifiers, replaced; what is not known stays as it is.
fn replaced(value: &str, instance: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('i' | 'I') => out.push_str(instance),
            Some('p') => out.push_str("adf"),
            Some('S') => out.push_str("/var/lib"),
            Some('C') => out.push_str("/var/cache"),
            Some('L') => out.push_str("/var/log"),
            Some('E') => out.push_str("/etc"),
            Some('t') => out.push_str("/run"),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

/// The words of a value.
#[must_use]
pub fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' if quote != Some('\'') => {
                let escaped = rest.next().unwrap_or('\\');
                let plain = if escaped == 's' { ' ' } else { escaped };
                word.get_or_insert_default().push(plain);
            }
            _ if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            _ if c.is_ascii_whitespace() && quote.is_none() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// A path as a word of a unit.
#[must_use]
pub fn word(path: &std::path::Path) -> String {
    let text = path.to_string_lossy().replace('%', "%%");
    if words(&text) == [text.as_str()] {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The variables of a file that `EnvironmentFile=` names.
#[must_use]
pub fn variables(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", "");
    let lines = joined.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with(['#', ';']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| {
            let (name, value) = (name.trim(), value.trim());
            let plain = ['"', '\''].into_iter().find_map(|quote| {
                let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
                Some(inner.to_owned())
            });
            (name.to_owned(), plain.unwrap_or_else(|| value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn each_percent_is_looked_at_once() {
        assert_eq!(replaced("/a/%i/%%i/%S%", "shop"), "/a/shop/%i//var/lib%");
        assert_eq!(replaced("%d/x", "shop"), "%d/x");
    }

    #[test]
    fn words_are_kept_together_as_systemd_does() {
        let line = r#"adf run --config "/etc/a b.toml" '/c d' e\sf """#;
        let read = words(line);
        let read: Vec<&str> = read.iter().map(String::as_str).collect();
        assert_eq!(
            read,
            ["adf", "run", "--config", "/etc/a b.toml", "/c d", "e f", ""]
        );
    }

    #[test]
    fn a_path_as_a_word_is_read_as_that_path() {
        for path in ["/etc/adf/shop.toml", "/etc/a b/c\"d.toml", "/srv/100%/x"] {
            let read = words(&replaced(&word(Path::new(path)), "shop"));
            assert_eq!(read, [path]);
        }
    }

    #[test]
    fn an_empty_value_takes_back_what_stood_before() {
        let text = "[Service]\nExecStart=/a\nExecStart=\nExecStart=/b\n";
        assert_eq!(
            settings(text, "x"),
            [("ExecStart".to_owned(), "/b".to_owned())]
        );
    }

    #[test]
    fn a_file_of_variables_is_read_without_its_quotes() {
        let text = "# a\nA=1\nB=\"two words\"\n;C=3\nD='${x}'\n";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            variables(text),
            [pair("A", "1"), pair("B", "two words"), pair("D", "${x}")]
        );
    }
}
