//! What is wrong with routing files: said with a place and a remedy.

use adf::routing::check::check;
use adf::routing::file::{File, Flaw, read};

const FRONT: &str = "+++\ntier = \"review\"\npriority = 40\nchain = [{ provider = \"claude\", model = \"haiku\" }]\n+++\n";

fn file(name: &str, tier: &str, priority: u32, keywords: &[&str]) -> File {
    let words: String = keywords.iter().map(|word| format!("- {word}\n")).collect();
    let front = FRONT
        .replace("review", tier)
        .replace("40", &priority.to_string());
    read(name, &format!("{front}\n## Keywords\n\n{words}")).unwrap()
}

fn flaws(text: &str) -> Vec<Flaw> {
    let flaws = read("sample", text).unwrap_err();
    assert!(flaws.iter().all(|flaw| !flaw.help.is_empty()), "{flaws:?}");
    flaws
}

fn messages(body: &str) -> Vec<String> {
    let flaws = flaws(&format!("{FRONT}{body}"));
    flaws.into_iter().map(|flaw| flaw.message).collect()
}

#[test]
fn a_file_without_keywords_is_refused() {
    let wanted = ["no keywords: nothing would ever route here"];
    assert_eq!(messages("# Review\n\nreview this\n"), wanted);
    let found = messages("## Keyword\n\n- review\n");
    assert_eq!(found, ["a list below the heading \"Keyword\""]);
    assert_eq!(messages("## Keywords\n\n## Examples\n"), wanted);
}

#[test]
fn characters_that_cannot_be_seen_are_refused_in_keywords_by_their_number() {
    for (word, number) in [
        ("re\u{200b}view", "U+200B"),
        ("\u{202e}weiver", "U+202E"),
        ("\u{feff}qa", "U+FEFF"),
    ] {
        let found = messages(&format!("## Keywords\n\n- {word}\n- audit\n"));
        assert!(found[0].contains(number), "{found:?}");
    }
    assert!(read("x", &format!("{FRONT}## Keywords\n\n- סקירה\n- مراجعة\n")).is_ok());
}

#[test]
fn front_matter_is_checked_with_its_place() {
    let flaw = flaws("# Review\n").remove(0);
    assert_eq!(flaw.message, "no front matter");
    assert!(
        flaws("+++\ntier = 1\n")
            .remove(0)
            .message
            .contains("no front matter")
    );
    let cases = [
        (
            "tier = \"review\"",
            "tier = \"Re view\"",
            "is not a name for a tier",
        ),
        ("priority = 40", "priority = 0", "a priority of 0"),
        ("priority = 40", "priority = 101", "a priority of 101"),
        (
            "priority = 40",
            "priority = \"high\"",
            "front matter: invalid type",
        ),
        (
            "priority = 40\n",
            "",
            "front matter: missing field `priority`",
        ),
        (
            "priority = 40",
            "prio = 40",
            "front matter: unknown field `prio`",
        ),
        (
            "model = \"haiku\"",
            "model = \"\"",
            "a link without provider or model",
        ),
        (
            "[{ provider = \"claude\", model = \"haiku\" }]",
            "[]",
            "a chain of 0 providers",
        ),
    ];
    for (old, new, message) in cases {
        let text = format!("{}## Keywords\n\n- review\n", FRONT.replace(old, new));
        let found = flaws(&text).remove(0);
        assert!(found.message.contains(message), "{found:?}");
        assert!(found.span.end <= text.len());
    }
    let text = FRONT.replace(", model = \"haiku\"", "");
    let found = flaws(&text).remove(0);
    assert!(found.help.contains("a link names both"), "{found:?}");
}

#[test]
fn a_dated_model_is_a_warning_and_a_version_is_not() {
    let with = |model: &str| {
        let front = FRONT.replace("haiku", model);
        read("x", &format!("{front}## Keywords\n- review\n"))
            .unwrap()
            .warnings
    };
    assert!(
        with("claude-3-5-sonnet-20241022")[0]
            .message
            .contains("is pinned")
    );
    for dated in [
        "us.anthropic.claude-3-5-sonnet-20241022-v2:0",
        "gemini-2.5-pro-preview-05-06",
        "claude-3-7-sonnet@20250219",
        "gpt-4o-2024-08-06",
    ] {
        assert_eq!(with(dated).len(), 1, "{dated}");
    }
    assert!(with("gemini-2.5-pro").is_empty() && with("qwen3-coder-30b").is_empty());
    assert!(with("glm-5").is_empty() && with("haiku").is_empty());
}

#[test]
fn keywords_without_a_word_too_long_or_twice_are_told() {
    let long = "x".repeat(101);
    let found = messages(&format!("## Keywords\n\n- !!\n- {long}\n- qa\n- QA\n"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("`!!` has no word in it"));
    assert!(found[1].contains("more than 100 characters"));
    assert!(found[2].contains("`qa` is listed twice"));
}

#[test]
fn an_example_must_say_where_it_belongs() {
    let found = messages("## Keywords\n- qa\n## Examples\n- some text\n- text → elsewhere\n");
    assert_eq!(found, ["an example that does not say where it belongs"; 2]);
}

#[test]
fn two_of_equal_priority_with_one_keyword_are_named_both() {
    let files = [
        file("audit", "audit", 40, &["inspect", "audit"]),
        file("review", "review", 40, &["review", "inspect"]),
        file("other", "other", 41, &["inspect"]),
    ];
    let found = check(&files);
    assert_eq!(found.len(), 1);
    let (at, flaw) = &found[0];
    assert!(flaw.warning && *at == 1);
    let wanted = "`inspect` is a keyword of `audit` and of `review`, both of priority 40";
    assert_eq!(flaw.message, wanted);
}

#[test]
fn more_keywords_than_memory_should_hold_are_refused() {
    let words: Vec<String> = (0..5_000).map(|n| format!("{n:x<30}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (_, flaw) = check(&[file("much", "much", 1, &words)]).remove(0);
    assert!(
        !flaw.warning && flaw.message.contains("5000 keywords of 150000 bytes"),
        "{flaw:?}"
    );
}

#[test]
fn two_of_one_tier_whose_chains_differ_are_named_both_too() {
    let mut other = file("n", "review", 40, &["fix"]);
    let same = [file("a", "review", 40, &["fix"]), other.clone()];
    assert!(check(&same).is_empty(), "either comes to the same");
    other.scenario.chain[0].model = Some("opus".to_owned());
    let found = check(&[file("a", "review", 40, &["fix"]), other]);
    let wanted = "`fix` is a keyword of `a` and of `n`, both of priority 40";
    assert!(
        found.len() == 1 && found[0].1.message == wanted,
        "{found:?}"
    );
}

#[test]
fn a_list_below_a_heading_that_nobody_reads_is_refused_with_those_that_are_read() {
    let found = flaws(&format!(
        "{FRONT}# Review\n\n- for people\n\n## Keywords\n- qa\n## Exampels\n- a\n- b\n"
    ));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message, "a list below the heading \"Exampels\"");
    assert!(found[0].help.contains("`Keywords` and `Examples`"));
}

#[test]
fn a_byte_order_mark_is_passed_over_and_a_keyword_that_is_a_line_is_named() {
    let text = format!("\u{feff}{FRONT}## Keywords\n\n- ***\n");
    let found = flaws(&text);
    assert_eq!(found[0].message, "`***` has no word in it", "{found:?}");
    assert!(read("x", &format!("\u{feff}{FRONT}## Keywords\n- qa\n")).is_ok());
}

#[test]
fn too_many_keywords_are_said_of_the_file_that_has_the_most() {
    let words: Vec<String> = (0..5_000).map(|n| format!("{n:x<30}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let files = [
        file("few", "few", 1, &["qa"]),
        file("much", "much", 2, &words),
    ];
    assert_eq!(check(&files)[0].0, 1);
}
