//! Secrets go, text stays: known values in every form, well-known shapes, and clipping.

use adf::redact::{PLACEHOLDER, Redactor, clip};
use base64::{Engine, engine::general_purpose};
use proptest::prelude::*;
use secrecy::SecretString;
use std::borrow::Cow;

fn redactor(known: &[&str]) -> Redactor {
    let known: Vec<SecretString> = known.iter().map(|text| SecretString::from(*text)).collect();
    Redactor::new(&known)
}

#[test]
fn a_known_value_goes_in_each_of_its_forms() {
    let secret = "p@ss w/ö\"rd\n?";
    let redactor = redactor(&[secret]);
    let json = serde_json::to_string(secret).expect("json");
    for (text, clean) in [
        (format!("say {secret}!"), "say [redacted]!"),
        (format!("x{secret}{secret}y"), "x[redacted]y"),
        (
            "u=p%40ss%20w%2F%C3%B6%22rd%0A%3F&b".to_owned(),
            "u=[redacted]&b",
        ),
        (
            "u=p%40ss%20w%2f%c3%b6%22rd%0a%3f&b".to_owned(),
            "u=[redacted]&b",
        ),
        (
            "u=p%40ss+w%2F%C3%B6%22rd%0A%3F&b".to_owned(),
            "u=[redacted]&b",
        ),
        (format!("{{{json}}}"), "{\"[redacted]\"}"),
        (hex::encode(secret), "[redacted]"),
    ] {
        assert_eq!(redactor.clean(&text), clean, "{text}");
    }
    for user in ["", "a", "ab", "abc", "alice"] {
        for engine in [general_purpose::STANDARD, general_purpose::URL_SAFE] {
            let text = engine.encode(format!("{user}:{secret}tail"));
            assert_eq!(
                redactor.clean(&format!("x {text} y")),
                "x [redacted] y",
                "{user}"
            );
        }
    }
}

#[test]
fn the_value_of_a_file_goes_without_its_line_end_and_line_by_line() {
    let key =
        "-----BEGIN THING-----\nabcdefghijklmnopqrst\nuvwxyzabcdefghijklm\n-----END THING-----\n";
    let redactor = redactor(&["hunter22\n", key]);
    assert_eq!(redactor.clean("hunter22."), "[redacted].");
    assert_eq!(redactor.clean("at uvwxyzabcdefghijklm!"), "at [redacted]!");
    assert_eq!(
        redactor.clean("-----BEGIN THING-----"),
        "-----BEGIN THING-----"
    );
}

#[test]
fn short_values_and_the_placeholder_itself_are_left_alone() {
    let redactor = redactor(&["short", "", "redacted", "  \n"]);
    for text in ["a short text", "[redacted]", "  \n"] {
        assert_eq!(redactor.clean(text), text);
    }
}

#[test]
fn well_known_shapes_go() {
    let redactor = redactor(&[]);
    let hex = "0123456789abcdef0123456789abcdef01234567";
    let long = "abcdefghijklmnopqrstuvwxyz0123456789";
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----";
    for (text, clean) in [
        (
            format!("Authorization: token {hex}"),
            "Authorization: [redacted]",
        ),
        (format!("with token {hex} set"), "with token [redacted] set"),
        (format!("token={hex};"), "token=[redacted];"),
        (format!("x ghp_{long} y"), "x [redacted] y"),
        (format!("github_pat_{long}_{long}"), "[redacted]"),
        (format!("glpat-{long}"), "[redacted]"),
        (format!("(sk-ant-api03-{long})"), "([redacted])"),
        (format!("sk-{long}"), "[redacted]"),
        ("AKIAABCDEFGHIJKLMNOP".to_owned(), "[redacted]"),
        ("xoxb-123456789012-abcdef".to_owned(), "[redacted]"),
        (
            "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ".to_owned(),
            "[redacted]",
        ),
        (format!("a {pem} b"), "a [redacted] b"),
        ("-----BEGIN PRIVATE KEY-----\ncut".to_owned(), "[redacted]"),
        (
            "https://user:pass@host/x".to_owned(),
            "https://[redacted]@host/x",
        ),
        (
            "https://u:p@ss@host/x".to_owned(),
            "https://[redacted]@host/x",
        ),
        (
            "https://token@host/x".to_owned(),
            "https://[redacted]@host/x",
        ),
        (
            "postgres://u:p@host".to_owned(),
            "postgres://[redacted]@host",
        ),
        (
            "-H 'authorization: Basic dTpw' -v".to_owned(),
            "-H 'authorization: [redacted]' -v",
        ),
        (
            "\"Authorization\": \"Bearer abc\"".to_owned(),
            "\"Authorization\": \"[redacted]\"",
        ),
        ("Bearer abcdefgh.i".to_owned(), "Bearer [redacted]"),
        ("password=x".to_owned(), "password=[redacted]"),
        (
            "DB_PASSWORD = \"two words\" y".to_owned(),
            "DB_PASSWORD = \"[redacted]\" y",
        ),
        (
            "{\"api_key\":\"abc\",\"b\":1}".to_owned(),
            "{\"api_key\":\"[redacted]\",\"b\":1}",
        ),
        ("token: abcdef".to_owned(), "token: [redacted]"),
        (
            "?access_key=a1&x=2".to_owned(),
            "?access_key=[redacted]&x=2",
        ),
    ] {
        assert_eq!(redactor.clean(&text), clean, "{text}");
    }
}

#[test]
fn ordinary_text_comes_back_borrowed() {
    let redactor = redactor(&["hunter22"]);
    for text in [
        "fix the off-by-one in src/lib.rs",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "ssh://git@host/x.git and git@host:x.git and https://host/a@b",
        "the token: a unit of the lexer",
        "max_tokens: 4096",
        "let token = (a, b);",
        "if password == expected {",
        "Token::Name",
        "the bearer of news",
        "task-list-for-the-coming-week",
        "",
    ] {
        assert!(
            matches!(redactor.clean(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
    }
}

#[test]
fn where_a_shell_stands_is_no_password() {
    let redactor = redactor(&[]);
    for text in [
        "PWD=/srv/a",
        "OLDPWD=/srv/x",
        "export PWD=\"/a b\"",
        "{\"PWD\": \"/a\"}",
    ] {
        assert_eq!(redactor.clean(text), text);
    }
    for text in [
        "DB_PWD=/x7gh",
        "PWD=hunter2",
        "pwd=/x7gh",
        "MYOLDPWD=/x7gh",
        "BPWD=/x7gh",
    ] {
        assert!(redactor.clean(text).ends_with(PLACEHOLDER), "{text}");
    }
}

#[test]
fn what_must_not_be_published_is_told_from_what_only_sounds_like_it() {
    let redactor = redactor(&["known value"]);
    assert!(redactor.knows("a known value!") && redactor.knows(&hex::encode("known value")));
    assert!(!redactor.knows("an unknown one"));
    for text in [
        "ghp_AbCdEfGhIjKlMnOp1",
        "-----BEGIN PRIVATE KEY-----",
        "sk-ant-api03-abcdefghijkl",
    ] {
        assert!(redactor.suspects(text), "{text}");
    }
    for text in [
        "password = hunter2",
        "class sk-estimator-documentation-link",
        "token: config.token",
    ] {
        assert!(!redactor.suspects(text), "{text}");
    }
}

#[test]
fn a_redactor_does_not_show_what_it_knows() {
    assert!(!format!("{:?}", redactor(&["hunter22"])).contains("hunter"));
}

#[test]
fn clip_cuts_between_characters_and_says_how_much() {
    assert_eq!(clip("abc", 3), "abc");
    let text = "é".repeat(100);
    assert_eq!(
        clip(&text, 40),
        format!("{}… [83 more characters]", "é".repeat(17))
    );
    assert_eq!(clip(&text, 5), "…");
    assert_eq!(clip(&text, 0), "");
}

/// Text made of what the shapes look for.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("token"),
        Just("password"),
        Just("="),
        Just(": "),
        Just(":"),
        Just(" "),
        Just("\""),
        Just("'"),
        Just("Bearer "),
        Just("Authorization: "),
        Just("https://"),
        Just("@"),
        Just("u:p"),
        Just("[redacted]"),
        Just("[redacted"),
        Just("ghp_abcdefghijklmnopqrst"),
        Just("sk-abcdefghijklmnopqrst"),
        Just("hunter22"),
        Just("aHVudGVyMjI="),
        Just("abcdefgh"),
        Just("eyJabcdefg."),
        Just("\n"),
        Just("]"),
        Just("é"),
        Just("%68"),
        Just("-----BEGIN PRIVATE KEY-----"),
        Just("-----END PRIVATE KEY-----"),
        Just("\\"),
        Just("&"),
        Just("/"),
    ];
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn known_secrets_never_survive(
        secrets in prop::collection::vec("\\PC{6,20}", 1..4),
        before in any::<String>(),
        after in any::<String>(),
        base64 in any::<bool>(),
    ) {
        let known: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let redactor = redactor(&known);
        let secret = &secrets[0];
        let shown = if base64 { general_purpose::STANDARD.encode(secret) } else { secret.clone() };
        let text = format!("{before}{shown}{after}");
        let clean = redactor.clean(&text);
        for secret in &secrets {
            prop_assert!(!clean.contains(secret.as_str()) || PLACEHOLDER.contains(secret.as_str()), "{}", clean);
        }
        prop_assert!(!clean.contains(&shown), "{}", clean);
        prop_assert_eq!(redactor.clean(&clean), clean.as_ref());
    }

    #[test]
    fn cleaning_twice_changes_nothing(text in pieces()) {
        let redactor = redactor(&["hunter22", "abcdefgh"]);
        let once = redactor.clean(&text).into_owned();
        prop_assert!(!once.contains("hunter22"));
        prop_assert_eq!(redactor.clean(&once), once.as_str(), "{}", text);
    }

    #[test]
    fn clip_keeps_its_bound_and_the_head(text in any::<String>(), max in 0_usize..200) {
        let short = clip(&text, max);
        prop_assert!(short.chars().count() <= max);
        if text.chars().count() <= max {
            prop_assert_eq!(short, text);
        }
    }
}
