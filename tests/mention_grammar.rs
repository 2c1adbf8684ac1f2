//! What is a mention, what is not, and what is asked: the grammar by tables and properties.

use adf::{
    mention::{self, Found, MENTIONS_MAX, find, grammar::MALFORMED_MAX_CHARS},
    model::Target,
};
use proptest::prelude::*;

/// `developer`, `site/developer` or `!text`, with the number and the instruction.
fn seen(body: &str) -> Vec<(String, u32, String)> {
    find(body)
        .into_iter()
        .map(|found| (name(&found), found.nth, found.instruction))
        .collect()
}

fn name(found: &Found) -> String {
    match &found.target {
        Target::Agent {
            project: Some(project),
            agent,
        } => format!("{project}/{agent}"),
        Target::Agent {
            project: None,
            agent,
        } => agent.to_string(),
        Target::Malformed(text) => format!("!{text}"),
    }
}

fn one(body: &str, target: &str, instruction: &str) {
    assert_eq!(
        seen(body),
        [(target.to_owned(), 1, instruction.to_owned())],
        "{body:?}"
    );
}

fn none(body: &str) {
    assert_eq!(seen(body), [], "{body:?}");
}

#[test]
fn a_mention_is_found_wherever_prose_stands() {
    for body in [
        "@adf:developer fix it",
        "Hello\r\n\r\n@adf:developer fix it\r\n",
        "(@adf:developer) fix it",
        "**@adf:developer** fix it",
        "_@adf:developer_ fix it",
        "~~@adf:developer~~ fix it",
        "# @adf:developer fix it",
        "- @adf:developer fix it",
        "1. @adf:developer fix it",
        "- [ ] @adf:developer fix it",
        "-@adf:developer fix it",
        "cc:@adf:developer fix it",
        "Done.@adf:developer fix it",
        "\u{201c}@adf:developer\u{201d} fix it"
            .replace('\u{201d}', ")")
            .as_str(),
        "<b>x</b> @adf:developer fix it",
        "<details>\n<summary>log</summary>\n\n@adf:developer fix it",
        "<code>x</code> @adf:developer fix it",
        "> quoted\n\n@adf:developer fix it",
        "```\ncode\n```\n@adf:developer fix it",
        "https://example.org/x @adf:developer fix it",
        "[docs](https://example.org) @adf:developer fix it",
        "日本語 @adf:developer fix it",
        "[@adf:developer] fix it",
        "text <!-- left open @adf:developer fix it",
        "it's <code>open\n\n@adf:developer fix it",
    ] {
        one(body, "developer", "fix it");
    }
    assert_eq!(
        seen("| a | b |\n|---|---|\n| x | @adf:developer fix |\n").len(),
        1
    );
}

#[test]
fn what_is_not_prose_holds_no_mention() {
    for body in [
        "`@adf:developer fix it`",
        "``a ` @adf:developer``",
        "```\n@adf:developer fix it\n```",
        "~~~text\n@adf:developer fix it",
        "para\n\n    @adf:developer fix it",
        "> @adf:developer fix it",
        "> quote\n@adf:developer still the quote, by the rules of Markdown",
        "- item\n  > @adf:developer fix it",
        "<!-- @adf:developer fix it -->",
        "a <!-- @adf:developer fix it --> b",
        "<!-- left open\n\n@adf:developer fix it",
        "<div>\n@adf:developer fix it\n</div>",
        "<pre>\n\n@adf:developer\n</pre>",
        "see <code>@adf:developer x</code>",
        "see <A HREF='x'>@adf:developer x</a>",
        "[@adf:developer](https://example.org)",
        "[x](https://example.org/@adf:developer)",
        "[x](/u \"@adf:developer t\")",
        "![@adf:developer](i.png)",
        "<https://example.org/@adf:developer>",
        "https://example.org/,@adf:developer",
        "https://u:@adf:x",
        "www.example.org/?(@adf:developer",
        "[r]: /u \"@adf:developer\"",
    ] {
        none(body);
    }
}

#[test]
fn a_mention_begins_a_word() {
    for body in [
        "foo@adf:developer",
        "git@adf:repo/name.git",
        "1@adf:developer",
        "é@adf:developer",
        "foo_@adf:developer",
        "a-@adf:developer",
        "a/@adf:developer",
        "@@adf:developer",
        "\\@adf:developer fix",
        "@adf developer",
        "@adfs:developer",
        "@ adf:developer",
        "adf:developer",
        "&#64;adf:developer",
    ] {
        none(body);
    }
}

#[test]
fn a_name_that_is_none_is_malformed_and_not_silent() {
    let long = "a".repeat(41);
    for text in [
        "@adf:",
        "@adf:Developer",
        "@adf:-x",
        "@adf:1x",
        "@adf:dev_x",
        "@adf:développeur",
        "@adf:/x",
        "@adf:x/",
        "@adf:a/b/c",
        "@adf:Site/x",
        "@adf:x@y",
        "@ADF:developer",
        &format!("@adf:{long}"),
        &format!("@adf:{long}/x"),
    ] {
        one(&format!("{text} please"), &format!("!{text}"), "please");
    }
    let found = find(&format!("@adf:{}", "é".repeat(500)));
    let Target::Malformed(text) = &found[0].target else {
        panic!("{found:?}")
    };
    assert_eq!(text.chars().count(), MALFORMED_MAX_CHARS);
}

#[test]
fn names_of_the_whole_length_and_projects_are_read() {
    let long = "a".repeat(40);
    one(&format!("@adf:{long} x"), &long, "x");
    one("@adf:web-site/dev-2 x", "web-site/dev-2", "x");
}

#[test]
fn punctuation_behind_a_name_belongs_to_nobody() {
    for text in [".", ",", ":", ")", "!", "?", "**", "...", "]"] {
        one(
            &format!("@adf:developer{text} fix it"),
            "developer",
            "fix it",
        );
        one(&format!("ping @adf:developer{text}"), "developer", "");
    }
    one(
        "@adf:developer .gitignore is wrong",
        "developer",
        ".gitignore is wrong",
    );
    one("@adf:developer:**now**", "developer", ":**now**");
}

#[test]
fn the_instruction_is_the_source_to_the_next_mention_or_the_end() {
    let code = "@adf:developer make this\n\n```rust\nlet a = `@adf:x`;\n```\n\n> and that\n";
    one(
        code,
        "developer",
        "make this\n\n```rust\nlet a = `@adf:x`;\n```\n\n> and that",
    );
    let both = "@adf:a do one\n\n**@adf:b** do two `@adf:c`\n- @adf:a do three\n1. @adf:Bad four";
    assert_eq!(
        seen(both),
        [
            ("a".into(), 1, "do one".into()),
            ("b".into(), 1, "do two `@adf:c`".into()),
            ("a".into(), 2, "do three".into()),
            ("!@adf:Bad".into(), 1, "four".into()),
        ]
    );
    assert_eq!(
        seen("@adf:A x @adf:B y")[1].1,
        2,
        "malformed ones are counted together"
    );
    assert_eq!(seen("@adf:a year\n2019. @adf:b y")[0].2, "year\n2019.");
}

#[test]
fn a_flood_of_mentions_is_cut_and_the_last_one_kept_ends_where_the_next_began() {
    let body = "@adf:developer x ".repeat(MENTIONS_MAX * 3);
    let found = find(&body);
    assert_eq!(found.len(), MENTIONS_MAX);
    assert!(found.iter().all(|found| found.instruction == "x"));
}

#[test]
fn the_schema_and_the_grammar_agree_on_names() {
    let schema = mention::schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (name, good) in [
        ("developer", true),
        ("Dev", false),
        ("-x", false),
        ("a1-", true),
        ("", false),
    ] {
        let form = serde_json::json!({ "agent": name, "instruction": "x" });
        assert_eq!(validator.is_valid(&form), good, "{name}");
        assert_eq!(mention::is_name(name), good, "{name}");
        assert_eq!(seen(&format!("@adf:{name} x"))[0].0 == name, good, "{name}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "agent": "a", "instruction": "" })));
    for example in schema["examples"].as_array().expect("examples") {
        assert!(validator.is_valid(example), "{example}");
    }
}

/// Text made of the pieces that matter to the grammar.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("@adf:"),
        Just("@adf:dev"),
        Just("@adf:p/dev"),
        Just("@ADF:x"),
        Just("@"),
        Just("\\"),
        Just("`"),
        Just("```\n"),
        Just("> "),
        Just("\n"),
        Just("\n\n"),
        Just("\r\n"),
        Just("    "),
        Just("<!--"),
        Just("-->"),
        Just("<code>"),
        Just("</code>"),
        Just("<div>"),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("://"),
        Just("*"),
        Just("_"),
        Just("~~"),
        Just("- "),
        Just("| "),
        Just("|-|\n"),
        Just("&#64;"),
        Just("é"),
        Just("x"),
        Just(" "),
        Just("1. "),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn check(body: &str) {
    for found in find(body) {
        assert!(
            body.contains(&found.instruction),
            "not verbatim: {found:?} in {body:?}"
        );
        assert_eq!(found.instruction, found.instruction.trim());
        if let Target::Agent { project, agent } = &found.target {
            assert!(mention::is_name(agent.as_str()));
            assert!(project.as_deref().is_none_or(mention::is_name));
            // What was found reads the same when it is written alone.
            let written = format!("@adf:{} now", name(&found));
            assert_eq!(seen(&written), [(name(&found), 1, "now".to_owned())]);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(body in any::<String>()) {
        check(&body);
    }

    #[test]
    fn any_markdown_is_read_without_panic(body in pieces()) {
        check(&body);
    }

    #[test]
    fn code_and_quotes_never_leak(body in pieces()) {
        let fenced = format!("~~~~~~~~\n{}\n~~~~~~~~\n", body.replace('~', ""));
        prop_assert!(find(&fenced).is_empty());
        let quoted: String = body.lines().map(|line| format!("> {line}\n")).collect();
        prop_assert!(find(&quoted).is_empty());
    }

    #[test]
    fn targets_are_numbered_without_gaps(body in pieces()) {
        let mut counts = std::collections::HashMap::new();
        for found in find(&body) {
            let key = name(&found);
            let key = if key.starts_with('!') { "!".to_owned() } else { key };
            let count = counts.entry(key).or_insert(0);
            *count += 1;
            prop_assert_eq!(found.nth, *count);
        }
    }
}
