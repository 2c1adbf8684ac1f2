//! What one judgement may cost, counted and not timed: words, bytes and steps.
//!
//! Invariant: a text that would cost more is denied with a reason, however it is
//! made to grow, and what people write is far from the bounds.

use crate::corpus::{Case, cases, scene, usual};
use adf::guard::{Explained, Input, Policy, explain};
use proptest::prelude::*;

fn explained(text: &str) -> Explained {
    explain(Input::Shell(text), &usual(), &Policy::default())
}

fn rule(explained: &Explained) -> &str {
    explained.verdict.denial().map_or("", |d| d.rule.as_str())
}

#[test]
fn a_text_that_costs_too_much_is_denied() {
    let doubled = format!("x=abcdefgh; {}", "x=$x$x; ".repeat(12));
    let texts = [
        ("eval eval …", "eval ".repeat(5_000) + "ls"),
        ("more eval", "eval ".repeat(12_000) + "ls"),
        ("a long list", format!("x=({})", "a ".repeat(50_000))),
        (
            "a long pipe",
            "ls | ".to_owned() + &"cat | ".repeat(20_000) + "cat",
        ),
        (
            "many arms",
            format!("case x in {}esac", "a) ;; ".repeat(20_000)),
        ),
        (
            "a list that looks like a heredoc",
            format!(": $((1<<2))\nx=({})\n2\n", "a ".repeat(50_000)),
        ),
        (
            "a list after quotes",
            format!("echo \"<<2\"\nx=({})\n2\n", "a ".repeat(50_000)),
        ),
        ("a line of what looks like heredocs", "<<x ".repeat(30_000)),
        ("a word used often", doubled + &"echo $x; ".repeat(1_000)),
        ("braces used often", "echo {1..200}; ".repeat(1_000)),
    ];
    for (what, text) in texts {
        let explained = explained(&text);
        assert_eq!(rule(&explained), "shell.too-complex", "{what}");
        assert!(
            explained.effort.is_bounded(),
            "{what}: {:?}",
            explained.effort
        );
    }
}

#[test]
fn what_people_write_is_far_from_the_bounds() {
    let policy = Policy::default();
    let by_hand = |case: &&Case| case.verdict == "allow" && case.command.len() < 2_000;
    for case in cases().iter().filter(by_hand) {
        let effort = explain(Input::Shell(&case.command), &scene(case), &policy).effort;
        let ten_times = adf::guard::Effort {
            steps: effort.steps * 10,
            words: effort.words * 10,
            grown_words: effort.grown_words * 10,
            ..effort
        };
        assert!(ten_times.is_bounded(), "{}: {effort:?}", case.command);
    }
    let line = "    println!(\"{} of {}\", first(a, b), second); // it's \\ `here`\n";
    let file = format!("cat > src/big.rs <<'EOF'\n{}EOF\n", line.repeat(1_800));
    assert!(explained(&file).verdict.is_allow());
    let message = format!(
        "git commit -qm \"$(cat <<'EOF'\n{}EOF\n)\"",
        line.repeat(900)
    );
    assert!(explained(&message).verdict.is_allow());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_that_repeats_itself_gets_past_the_bounds(
        head in "[a-z(){}$\"'|;&<> =\n]{0,8}",
        bit in "[a-z(){}$\"'|;&<> =\n]{1,8}",
        times in 1..6_000_usize,
    ) {
        let text = head + &bit.repeat(times);
        let explained = explained(&text);
        prop_assert!(explained.effort.is_bounded(), "{:?}", explained.effort);
    }
}
