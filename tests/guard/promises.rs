//! What holds for any text: no panic, one verdict however a word is quoted, and
//! no wrapper that makes a denied command allowed.

use crate::corpus::{Case, cases, scene, usual};
use adf::guard::{Input, Policy, Scene, judge};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How many inputs the long run makes; the flag asks for more.
const INPUTS_USUAL: u32 = 2_000;

/// The longest judgement of the long run, in milliseconds.
const JUDGEMENT_MS_MAX: u128 = 50;
/// A judgement that takes as long as this never ends.
const ENDLESS: Duration = Duration::from_secs(30);

static CASES: LazyLock<Vec<Case>> = LazyLock::new(cases);

#[expect(
    clippy::disallowed_methods,
    reason = "a flag of the person who runs the tests"
)]
fn inputs() -> Option<u32> {
    std::env::var("ADF_GUARD_INPUTS").ok()?.parse().ok()
}

fn is_denied(text: &str, scene: &Scene<'_>) -> bool {
    !judge(Input::Shell(text), scene, &Policy::default()).is_allow()
}

/// Commands of plain words: nothing in them means more than itself.
fn plain() -> Vec<&'static Case> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./: ,".contains(c);
    let reserved = [
        "if", "while", "until", "for", "case", "time", "!", "coproc", "function",
    ];
    let fits = |case: &&Case| {
        case.command.chars().all(plain)
            && !case
                .command
                .split(' ')
                .any(|w| w.is_empty() || reserved.contains(&w))
    };
    CASES.iter().filter(fits).collect()
}

/// Commands that are denied and stand on one line, without a comment.
fn denied() -> Vec<&'static Case> {
    let fits = |case: &&Case| {
        case.verdict == "deny"
            && !case.why.contains("unparseable")
            && !case.command.contains(['\n', '#', '\\'])
    };
    CASES.iter().filter(fits).collect()
}

fn requoted(word: &str, way: usize) -> String {
    match way % 6 {
        0 => word.to_owned(),
        1 => format!("'{word}'"),
        2 => format!("\"{word}\""),
        3 => word.chars().map(|c| format!("\\{c}")).collect(),
        4 => {
            let hex: String = word.bytes().map(|b| format!("\\x{b:02x}")).collect();
            format!("$'{hex}'")
        }
        _ => {
            let (head, tail) = word.split_at(word.len() / 2);
            format!("{head}''{tail}\"\"")
        }
    }
}

/// What shell is made of.
const BITS: &[&str] = &[
    "rm ",
    "-rf ",
    "/srv/data ",
    "$(",
    ")",
    "`",
    "\"",
    "'",
    "\\",
    "$",
    "{",
    "}",
    "(",
    "; ",
    "| ",
    "& ",
    "&& ",
    "> ",
    "<< ",
    "<<'E'\n",
    "\nE\n",
    "x=",
    "${x:-",
    "${x%",
    "if ",
    "then ",
    "fi ",
    "for i in ",
    "do ",
    "done ",
    "case ",
    "esac ",
    "in ",
    "a ",
    "é",
    "\t",
    "$'",
    "\\x",
    "[[ ",
    "]] ",
    "<( ",
    "$((",
    "))",
    "~",
    "*",
    "{a,b}",
    "{1..3}",
    "sh -c ",
    "eval ",
    "sudo ",
    "xargs ",
    "find . -exec ",
    "git ",
    "function f ",
    "f() ",
    "\n",
    "!",
    "#",
    "=",
    "[",
    "]",
    "@",
    "${!x}",
    "$@",
    "coproc ",
    "time ",
    "<<< ",
    ">&",
    "2>",
    "\u{1F600}",
    "python3 -c ",
];

/// A text that looks like shell, most of the time.
fn shellish() -> impl Strategy<Value = String> {
    proptest::collection::vec(select(BITS), 0..40).prop_map(|bits| bits.concat())
}

/// A case with a part cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    (
        any::<Index>(),
        any::<Index>(),
        any::<Index>(),
        0..4_u8,
        shellish(),
    )
        .prop_map(|(case, a, b, way, other)| {
            let text: Vec<char> = case.get(&CASES).command.chars().collect();
            let (a, b) = (a.index(text.len() + 1), b.index(text.len() + 1));
            let (a, b) = (a.min(b), a.max(b));
            let part = |range: std::ops::Range<usize>| text[range].iter().collect::<String>();
            match way {
                0 => part(0..a) + &part(b..text.len()),
                1 => part(0..b) + &part(a..text.len()),
                2 => part(0..a) + &other + &part(b..text.len()),
                _ => part(a..b),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quoting_a_word_otherwise_changes_no_verdict(case in any::<Index>(), ways in proptest::collection::vec(0..6_usize, 12)) {
        let all = plain();
        let case = case.get(&all);
        let words: Vec<String> = case.command.split(' ').zip(ways.iter().cycle()).map(|(w, way)| requoted(w, *way)).collect();
        let text = words.join(" ");
        prop_assert_eq!(is_denied(&text, &scene(case)), case.verdict == "deny", "{}", text);
    }

    #[test]
    fn no_wrapper_makes_a_denied_command_allowed(case in any::<Index>(), way in 0..12_usize) {
        let all = denied();
        let case = case.get(&all);
        let text = &case.command;
        let quoted = format!("'{}'", text.replace('\'', "'\\''"));
        let wrapped = match way {
            0 => format!("( {text}\n)"),
            1 => format!("{{ {text}\n}}"),
            2 => format!("true && {{ {text}\n}}"),
            3 => format!("if true; then {text}\nfi"),
            4 => format!("while read -r line; do {text}\ndone"),
            5 => format!("echo \"$( {text}\n)\""),
            6 => format!("bash -c {quoted}"),
            7 => format!("eval {quoted}"),
            8 => format!("nohup sh -c {quoted} &"),
            9 => format!("f() {{ {text}\n}}; f"),
            10 => format!("timeout -k 5 60 nice -n 5 env A=b bash -c {quoted}"),
            // `find` would put the file's name where the command has its own braces.
            11 if !text.contains("{}") => format!("find . -name x -exec sh -c {quoted} \\;"),
            _ => format!("sh -c {quoted}"),
        };
        prop_assert!(is_denied(&wrapped, &scene(case)), "{}", wrapped);
    }

    #[test]
    fn a_plain_denied_command_is_denied_behind_any_wrapper(case in any::<Index>(), wrapper in select(vec![
        "env", "env -i PATH=/bin", "nohup", "setsid", "nice -n 5", "timeout 5", "stdbuf -oL", "command", "exec", "xargs",
        "busybox", "uv run", "npx", "poetry run", "ionice -c 3", "time", "doas", "strace -f -o t.txt", "FOO=1", "unshare -r",
        "proot -0", "cgexec -g cpu:x", "bwrap --ro-bind / / --", "gdb -batch -ex run --args", "devbox run --",
    ])) {
        let all: Vec<&Case> = plain().into_iter().filter(|c| c.verdict == "deny" && !c.command.starts_with("cd ")).collect();
        let case = case.get(&all);
        let wrapped = format!("{wrapper} {}", case.command);
        prop_assert!(is_denied(&wrapped, &scene(case)), "{}", wrapped);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the long run is about time, and asserts it only when asked to"
)]
fn timed(text: &str) -> u128 {
    let begun = std::time::Instant::now();
    let _ = is_denied(text, &usual());
    begun.elapsed().as_millis()
}

/// Names the text on which a judgement hangs, and ends the run: a judgement that never
/// ends could fill the memory before anybody looks. Ends when the sender is dropped.
#[expect(
    clippy::print_stderr,
    reason = "a text on which the run hangs is lost with it, unless it is said"
)]
fn watched() -> Sender<String> {
    let (sender, texts) = channel::<String>();
    std::thread::spawn(move || {
        let mut judged = String::new();
        loop {
            match texts.recv_timeout(ENDLESS) {
                Ok(text) => judged = text,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("no end of judging {judged:?}");
                    std::process::abort();
                }
            }
        }
    });
    sender
}

#[test]
fn any_text_is_judged_without_a_panic_and_in_time() {
    let watch = watched();
    let asked = inputs();
    let held = asked.is_some() && !cfg!(debug_assertions);
    let config = ProptestConfig {
        cases: asked.unwrap_or(INPUTS_USUAL),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let texts = prop_oneof![any::<String>(), shellish(), mutated()];
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&texts, |text| {
        watch.send(text.clone()).expect("somebody watches");
        // The best of three: what else runs on the machine is not the guard's.
        let tries = if held { 3 } else { 1 };
        let took = (0..tries).map(|_| timed(&text)).min().unwrap_or_default();
        // Only the long run of an optimized build is held to the clock.
        prop_assert!(!held || took <= JUDGEMENT_MS_MAX, "{took} ms: {text}");
        Ok(())
    });
    result.expect("each text is judged");
}
