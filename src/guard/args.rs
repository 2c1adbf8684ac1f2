//! A command's words → options with their values, and operands.
//!
//! Invariant: bundled letters, `--name=value`, abbreviated long names, values
//! in the next word and `--` are read as getopt does; what follows `--` is an
//! operand. Options after operands count, because GNU tools take them there.

use super::word::Value;

/// Which options take a value in the next word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    /// Letters.
    pub(crate) valued: &'static str,
    /// Long names.
    pub(crate) longs: &'static [&'static str],
}

/// No option takes a value.
pub(crate) const NONE: Spec = Spec {
    valued: "",
    longs: &[],
};

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Parsed<'a> {
    /// Letters and long names that are set.
    flags: Vec<String>,
    values: Vec<(String, Value)>,
    pub(crate) operands: Vec<&'a Value>,
    /// A word that may be any option.
    pub(crate) is_open: bool,
}

impl Parsed<'_> {
    /// Whether an option is set: a letter, or a long name or its abbreviation.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| is_called(flag, name))
    }

    /// Whether one of several options is set.
    pub(crate) fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The values of an option.
    pub(crate) fn values_of(&self, name: &str) -> Vec<&Value> {
        self.values(&[name])
    }

    /// The values of several options.
    pub(crate) fn values(&self, names: &[&str]) -> Vec<&Value> {
        let called = |flag: &str| names.iter().any(|name| is_called(flag, name));
        self.values
            .iter()
            .filter(|(flag, _)| called(flag))
            .map(|(_, value)| value)
            .collect()
    }

    /// The last value of one of several options.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&Value> {
        let called = |flag: &str| names.iter().any(|name| is_called(flag, name));
        self.values
            .iter()
            .rev()
            .find(|(flag, _)| called(flag))
            .map(|(_, value)| value)
    }

    /// The n-th operand as text.
    pub(crate) fn operand(&self, n: usize) -> Option<&str> {
        self.operands.get(n).map(|v| v.text())
    }
}

fn is_called(flag: &str, name: &str) -> bool {
    flag == name || (flag.len() > 2 && name.len() > 2 && name.starts_with(flag))
}

/// Reads the words after a command's name.
pub(crate) fn parse<'a>(args: &'a [Value], spec: &Spec) -> Parsed<'a> {
    let mut parsed = Parsed::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let text = arg.text();
        if text == "--" {
            parsed.operands.extend(rest);
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            if let Some((name, value)) = long.split_once('=') {
                // `--dry-run=false` sets nothing.
                if value != "false" {
                    parsed.flags.push(name.to_owned());
                }
                let value = arg.tail(2 + name.len() + 1);
                parsed.values.push((name.to_owned(), value));
            } else {
                parsed.flags.push(long.to_owned());
                if spec.longs.contains(&long)
                    && let Some(value) = rest.next()
                {
                    parsed.values.push((long.to_owned(), value.clone()));
                }
            }
        } else if text.len() > 1 && text.starts_with('-') {
            letters(&mut parsed, arg, spec, &mut rest);
        } else {
            parsed.is_open |= arg.is_open() && arg.before_mark().is_empty();
            parsed.operands.push(arg);
        }
    }
    parsed
}

fn letters<'a>(
    parsed: &mut Parsed<'a>,
    arg: &'a Value,
    spec: &Spec,
    rest: &mut std::slice::Iter<'a, Value>,
) {
    parsed.is_open |= arg.is_open();
    let bundle = arg.text();
    // Tools with long names behind one dash, as find and terraform have them.
    if let Some((name, _)) = bundle.split_once('=') {
        let value = arg.tail(name.len() + 1);
        parsed
            .values
            .push((name.trim_start_matches('-').to_owned(), value));
        if name.len() > 2 {
            parsed.flags.push(name.trim_start_matches('-').to_owned());
            return;
        }
    }
    let whole = bundle.trim_start_matches('-');
    parsed.flags.push(whole.to_owned());
    if spec.longs.contains(&whole) {
        parsed
            .values
            .extend(rest.next().map(|value| (whole.to_owned(), value.clone())));
        return;
    }
    for (at, letter) in bundle.char_indices().skip(1) {
        parsed.flags.push(letter.to_string());
        if spec.valued.contains(letter) {
            let after = arg.tail(at + letter.len_utf8());
            let value = if after.text().is_empty() {
                rest.next().cloned()
            } else {
                Some(after)
            };
            parsed
                .values
                .extend(value.map(|value| (letter.to_string(), value)));
            return;
        }
    }
}

#[test]
fn options_are_read_as_getopt_reads_them() {
    let words = [
        "-rfn5", "a", "--fo=x", "-C", "dir", "--name", "v", "b", "--", "-z",
    ];
    let values: Vec<Value> = words.iter().map(|w| Value::new(*w)).collect();
    let spec = Spec {
        valued: "nC",
        longs: &["name"],
    };
    let parsed = parse(&values, &spec);
    let operands: Vec<&str> = parsed.operands.iter().map(|v| v.text()).collect();
    assert_eq!(operands, ["a", "b", "-z"]);
    assert!(parsed.has("r") && parsed.has("f") && !parsed.has("z"));
    assert_eq!(parsed.value(&["n"]).map(Value::text), Some("5"));
    assert_eq!(parsed.value(&["C"]).map(Value::text), Some("dir"));
    assert_eq!(parsed.value(&["name"]).map(Value::text), Some("v"));
    assert!(!parsed.has("force") && parsed.has("fo"));
}
