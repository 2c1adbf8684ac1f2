//! What choosing costs: ranks of a graph, and the route of a text.
//!
//! `cargo bench --bench choosing` prints each figure beside its baseline of the
//! same run and its target, and fails when one is missed. `--graph FILE` ranks a
//! graph as `adf rank --stdin` reads it and prints the time and the ranks, for
//! `scripts/bench-rank`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench is a stopwatch that prints, and stops where it cannot go on"
)]

use adf::model::route::{Choice, Scenario};
use adf::routing::Router;
use adf_graph::{IssueGraph, Link, Node, On, input};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How often each thing is measured; the best counts, for whatever else the
/// machine does only adds to the others.
const ROUNDS: usize = 31;

fn main() {
    let mut args = std::env::args().skip(1);
    if let Some(path) = args.find(|arg| arg == "--graph").and_then(|_| args.next()) {
        return ranked(&path);
    }
    let mut missed = 0;
    let mut row = |what: &str, took: Duration, against: &str, ratio: f64, most: f64| {
        let verdict = if ratio <= most { "ok" } else { "MISSED" };
        missed += usize::from(ratio > most);
        println!(
            "{what:<44} {took:>10.1?}  {ratio:>6.2} x {against:<34} target {most:<5} {verdict}"
        );
    };
    let mut graphs = Vec::new();
    for (name, back) in [("DAG", 0.0), ("1 % back links", 0.01)] {
        let (small, links) = graph(10_000, back);
        let (large, _) = graph(50_000, back);
        let took = best(|| small.ranks());
        let plain = best(|| power_iteration(10_000, &links));
        let grown = best(|| large.ranks());
        let what = format!("ranks, 10,000 issues, 30,000 links, {name}");
        row(
            &what,
            took,
            "power iteration to 1e-12",
            over(took, plain),
            0.5,
        );
        let what = format!("ranks, 50,000 issues, 150,000 links, {name}");
        row(
            &what,
            grown,
            "a fifth of it, where linear is 5",
            over(grown, took),
            10.0,
        );
        graphs.push((small, large));
    }
    for count in [500, 5_000] {
        let (router, bare, text) = routes(count);
        let low = text.to_lowercase();
        let both = pairs(
            || bare.find_overlapping_iter(black_box(&low)).count(),
            || router.by_text(black_box(&text)),
        );
        let what = format!("a route, 4 KiB, {count} keywords");
        row(
            &what,
            both.1,
            "the bare automaton",
            over(both.1, both.0),
            1.3,
        );
    }
    std::process::exit(i32::from(missed > 0));
}

/// The ranks of a file's graph, by number, and how long they took.
fn ranked(path: &str) {
    let text = std::fs::read(path).expect("the graph can be read");
    let began = Instant::now();
    let graph = input::read(&text).expect("the graph is one");
    let read = began.elapsed();
    let took = best(|| graph.ranks());
    let answer = serde_json::json!({
        "read_ms": read.as_secs_f64() * 1e3,
        "ms": took.as_secs_f64() * 1e3,
        "ranks": graph.ranks().0,
    });
    println!("{answer}");
}

/// Issues that depend on up to six earlier ones, half of these near.
fn graph(n: usize, back: f64) -> (IssueGraph, Vec<(usize, usize)>) {
    let mut random = fastrand::Rng::with_seed(42);
    let mut links = Vec::new();
    for from in 1..n {
        for _ in 0..random.usize(0..=6) {
            let near = random.bool().then(|| from.saturating_sub(200));
            let to = random.usize(near.unwrap_or(0)..from);
            let turned = random.f64() < back;
            links.push(if turned { (to, from) } else { (from, to) });
        }
    }
    links.sort_unstable();
    links.dedup();
    let number = |n: usize| u64::try_from(n).expect("a small number");
    let written: Vec<Link> = links
        .iter()
        .map(|(from, to)| Link {
            issue: number(*from),
            on: On::Issue(number(*to)),
        })
        .collect();
    let nodes = (0..n).map(|n| Node::open(number(n))).collect();
    (IssueGraph::new(nodes, &written).expect("a graph"), links)
}

/// Ranks as most do it: pull over the incoming links until nothing moves.
fn power_iteration(n: usize, links: &[(usize, usize)]) -> Vec<f64> {
    let mut degree = vec![0_u32; n];
    let mut first = vec![0; n + 1];
    for (from, to) in links {
        degree[*from] += 1;
        first[to + 1] += 1;
    }
    for node in 1..=n {
        first[node] += first[node - 1];
    }
    let (mut free, mut source) = (first.clone(), vec![0; links.len()]);
    for (from, to) in links {
        source[free[*to]] = *from;
        free[*to] += 1;
    }
    let even = 1.0 / f64::from(u32::try_from(n).expect("a small number"));
    let mut ranks = vec![even; n];
    let mut given = vec![0.0; n];
    loop {
        let mut loose = 0.0;
        for (node, rank) in ranks.iter().enumerate() {
            given[node] = rank / f64::from(degree[node].max(1));
            loose += if degree[node] == 0 { *rank } else { 0.0 };
        }
        let mut moved = 0.0;
        for node in 0..n {
            let flows: f64 = source[first[node]..first[node + 1]]
                .iter()
                .map(|s| given[*s])
                .sum();
            let rank = even * (0.15 + 0.85 * loose) + 0.85 * flows;
            moved += (rank - ranks[node]).abs();
            ranks[node] = rank;
        }
        if moved < 1e-12 {
            return ranks;
        }
    }
}

/// Three tiers that share `count` keywords of one or two words, the automaton
/// alone, and a text of 4 KiB in the same language.
fn routes(count: usize) -> (Router, AhoCorasick, String) {
    let mut random = fastrand::Rng::with_seed(7);
    let vocabulary: Vec<String> = (0..20_000)
        .map(|_| {
            (0..random.usize(3..=10))
                .map(|_| random.lowercase())
                .collect()
        })
        .collect();
    let mut word = || vocabulary[random.usize(..vocabulary.len())].clone();
    let mut keywords: Vec<String> = (0..count)
        .map(|n| {
            if n % 2 == 0 {
                word()
            } else {
                format!("{} {}", word(), word())
            }
        })
        .collect();
    let mut text = String::from("Please ");
    while text.len() < 4096 {
        text.push_str(&word());
        text.push(if text.len() % 9 == 0 { '\n' } else { ' ' });
    }
    text.truncate(4096);
    keywords.sort_unstable();
    keywords.dedup();
    let bare = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::Standard)
        .build(&keywords)
        .expect("an automaton");
    let scenario = |n: usize| Scenario {
        name: format!("tier-{n}"),
        tier: format!("tier-{n}"),
        priority: u32::try_from(n).expect("a small number") + 1,
        chain: vec![Choice {
            provider: "claude".to_owned(),
            model: Some("sonnet".to_owned()),
        }],
        keywords: keywords.iter().skip(n).step_by(3).cloned().collect(),
    };
    let router = Router::new((0..3).map(scenario).collect()).expect("a router");
    (router, bare, text)
}

fn over(took: Duration, baseline: Duration) -> f64 {
    took.as_secs_f64() / baseline.as_secs_f64()
}

fn timed<T>(work: impl Fn() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

fn best<T>(work: impl Fn() -> T) -> Duration {
    let took = (0..ROUNDS).map(|_| timed(&work));
    took.min().unwrap_or_default()
}

/// The best of two short things in turns, so that a busy machine hits both.
fn pairs<A, B>(one: impl Fn() -> A, other: impl Fn() -> B) -> (Duration, Duration) {
    let batch = 200;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(timed(|| (0..batch).for_each(|_| drop(black_box(one())))) / batch);
        second.push(timed(|| (0..batch).for_each(|_| drop(black_box(other())))) / batch);
    }
    let best = |took: Vec<Duration>| took.into_iter().min().unwrap_or_default();
    (best(first), best(second))
}
