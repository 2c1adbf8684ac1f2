//! What a judgement costs, over all case files: median and 99th percentile, and
//! their ratio to two baselines of the same run.
//!
//! The baselines are what cannot be saved: `search` looks for keywords in the
//! text, as a guard that matches strings does at least; `grammar` only parses
//! it. Compare ratios between machines, not times.

#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time, prints it, and ends at the first fault"
)]

#[path = "../tests/guard/corpus.rs"]
mod corpus;

use adf::guard::{Input, Policy, judge};
use aho_corasick::AhoCorasick;
use corpus::{cases, scene};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How often each case is judged.
const ROUNDS: usize = 20;

/// Wanted at most, per command.
const MEDIAN_MAX: Duration = Duration::from_micros(50);
const P99_MAX: Duration = Duration::from_micros(500);

fn main() {
    let all = cases();
    let policy = Policy::default();
    let words = [
        "rm ",
        "git push",
        "sudo",
        "dd ",
        "mkfs",
        "curl",
        "kill",
        "drop table",
        "chmod",
        "docker",
    ];
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .expect("an automaton");
    println!("{} commands, {ROUNDS} rounds", all.len());
    let baseline = measured("search", all.len(), |n| {
        black_box(search.find_iter(&all[n].command).count());
    });
    let grammar = measured("grammar", all.len(), |n| {
        let text = all[n].command.as_bytes();
        let options = brush_parser::ParserOptions::default();
        let _ = black_box(brush_parser::Parser::new(text, &options).parse_program());
    });
    let guard = measured("judge", all.len(), |n| {
        black_box(judge(
            Input::Shell(&all[n].command),
            &scene(&all[n]),
            &policy,
        ));
    });
    for (name, base) in [("search", baseline), ("grammar", grammar)] {
        println!(
            "judge / {name}: median {:.1}, p99 {:.1}",
            ratio(guard.0, base.0),
            ratio(guard.1, base.1)
        );
    }
    let held = guard.0 <= MEDIAN_MAX && guard.1 <= P99_MAX;
    println!(
        "wanted: median {MEDIAN_MAX:?}, p99 {P99_MAX:?}: {}",
        if held { "held" } else { "MISSED" }
    );
    let right = |case: &&corpus::Case| {
        judge(Input::Shell(&case.command), &scene(case), &policy).word() == case.verdict
    };
    println!(
        "{} of {} verdicts are right",
        all.iter().filter(right).count(),
        all.len()
    );
    slowest(&all, &policy);
}

/// The best of the rounds for each command; median and 99th percentile of those.
fn measured(name: &str, count: usize, mut run: impl FnMut(usize)) -> (Duration, Duration) {
    let mut best = vec![Duration::MAX; count];
    for _ in 0..ROUNDS {
        for (n, best) in best.iter_mut().enumerate() {
            let begun = Instant::now();
            run(n);
            *best = begun.elapsed().min(*best);
        }
    }
    best.sort_unstable();
    let at = |share: usize| best[(count * share / 100).min(count - 1)];
    let (median, p99) = (at(50), at(99));
    println!(
        "{name:<8} median {median:>9.1?}  p99 {p99:>9.1?}  max {:>9.1?}",
        at(100)
    );
    (median, p99)
}

fn ratio(of: Duration, to: Duration) -> f64 {
    of.as_secs_f64() / to.as_secs_f64()
}

fn slowest(all: &[corpus::Case], policy: &Policy) {
    let mut times: Vec<(Duration, &corpus::Case)> = Vec::new();
    for case in all {
        let begun = Instant::now();
        black_box(judge(Input::Shell(&case.command), &scene(case), policy));
        times.push((begun.elapsed(), case));
    }
    times.sort_unstable_by_key(|(time, _)| *time);
    for (time, case) in times.iter().rev().take(5) {
        let line: String = case.command.chars().take(70).collect();
        let (file, why) = (&case.file, &case.why);
        println!(
            "slow {time:>9.1?}  {file}: {}  ({why})",
            line.replace('\n', "⏎")
        );
    }
}
