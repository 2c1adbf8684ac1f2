//! A webhook's body: whatever a text holds, it stays one value of valid JSON.

use adf::model::notify::BodyFormat;
use adf::prompt::body::{BodyValues, check_body, fill_body};
use proptest::prelude::*;

fn values(text: &str) -> BodyValues<'_> {
    BodyValues {
        project: "tally",
        repository: "alice/tally",
        url: "http://forge/alice/tally",
        kind: "blockers",
        id: "blockers:chat:1",
        title: text,
        text,
        count: 3,
    }
}

/// The bodies that the documentation gives for each chat.
const BODIES: [&str; 4] = [
    r#"{"text": {{ text }}}"#,
    r#"{"chat_id": -100123, "text": {{ text }}, "disable_web_page_preview": true}"#,
    r#"{"msgtype": "m.text", "body": {{ title ~ "\n" ~ text }}}"#,
    r#"{"topic": "adf", "title": {{ title }}, "message": {{ text | upper | safe }}, "priority": {% if kind == "digest" %}2{% else %}4{% endif %}, "n": {{ count }}}"#,
];

#[test]
fn numbers_stay_numbers_and_plain_text_stays_as_it_is() {
    let json = fill_body(r#"{"n": {{ count }}}"#, BodyFormat::Json, &values("x"));
    assert_eq!(json.as_deref(), Ok(r#"{"n": 3}"#));
    let text = fill_body(
        "{{ title }}: {{ count }}",
        BodyFormat::Text,
        &values("a \"b\""),
    );
    assert_eq!(text.as_deref(), Ok("a \"b\": 3"));
}

#[test]
fn what_could_break_a_body_is_refused_when_the_config_is_loaded() {
    for (source, word) in [
        (r#"{"text": "{{ text }}"}"#, "not JSON"),
        ("{{ text", "syntax"),
        ("{{ secret }}", "unknown variable"),
        ("{% for x in range(100000) %}{{ text }}{% endfor %}", ""),
        ("text={{ text }}", "not JSON"),
    ] {
        let fault = check_body(source, BodyFormat::Json).expect_err(source);
        assert!(fault.message.contains(word), "{source}: {fault}");
    }
    for source in BODIES {
        assert_eq!(check_body(source, BodyFormat::Json), Ok(()), "{source}");
    }
}

proptest! {
    #[test]
    fn any_text_is_one_value_of_valid_json(text in any::<String>(), body in 0..BODIES.len()) {
        let filled = fill_body(BODIES[body], BodyFormat::Json, &values(&text)).unwrap();
        let read: serde_json::Value = serde_json::from_str(&filled).unwrap();
        let keys = BODIES[body].matches("\": ").count();
        prop_assert_eq!(read.as_object().unwrap().len(), keys);
        let said = [&read["text"], &read["body"], &read["message"]];
        let said = said.iter().find_map(|v| v.as_str()).unwrap();
        let wanted = match body {
            2 => format!("{text}\n{text}"),
            3 => text.to_uppercase(),
            _ => text,
        };
        prop_assert_eq!(said, wanted);
    }
}
