//! Signatures and what is remembered, on any input.

use adf::model::RepoId;
use adf::sense::webhook::check::{About, Key, SEEN_MAX, Seen, about, signature};
use proptest::prelude::*;
use secrecy::SecretString;

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// `body` signed with `secret`, as a forge does.
pub fn sign(secret: &str, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

fn key() -> Key {
    Key::new(SecretString::from(SECRET)).unwrap()
}

/// What a stock Gitea 1.25 sent for a comment on a pull request, and its signature.
pub const COMMENT: (&str, &str) = (
    include_str!("../data/webhook/pull_request_comment.json"),
    "4fb6833d28b0cc2e3941756df491eede28e7c28ca3c090aefc813b9edef9dc67",
);
/// The same for a review with an inline comment.
pub const REVIEW: (&str, &str) = (
    include_str!("../data/webhook/review.json"),
    "ae05ecc17d7b0fbd956b4fdde62b7884bc5cc846e653513b8f8a11ff2c0a911a",
);

#[test]
fn what_a_real_server_signed_holds_and_is_news() {
    for (body, signature) in [COMMENT, REVIEW] {
        assert!(key().verify(body.as_bytes(), signature).is_some());
        assert_eq!(about(body.as_bytes(), RepoId(1), 99), About::Us);
        assert_eq!(about(body.as_bytes(), RepoId(1), 2), About::OwnDeed);
    }
    assert!(key().verify(COMMENT.0.as_bytes(), REVIEW.1).is_none());
}

#[test]
fn a_short_secret_is_refused_with_the_remedy() {
    let error = Key::new(SecretString::from("short")).err().unwrap();
    assert!(error.to_string().contains("openssl rand"), "{error}");
    assert!(!format!("{:?}", key()).contains(SECRET));
}

#[test]
fn each_forges_header_is_read_and_an_empty_one_is_none() {
    let with = |name: &'static str, value: &'static str| {
        signature(move |asked: &str| (asked == name).then_some(value))
    };
    assert_eq!(with("x-gitea-signature", "ab"), Some("ab"));
    assert_eq!(with("x-forgejo-signature", "ab"), Some("ab"));
    assert_eq!(with("x-hub-signature-256", "sha256=ab"), Some("ab"));
    assert_eq!(with("x-hub-signature-256", "sha1=ab"), None);
    assert_eq!(with("x-gitea-signature", ""), None);
    assert_eq!(with("x-hub-signature", "sha1=ab"), None);
}

#[test]
fn a_delivery_is_known_by_its_name_and_by_its_signature_alone() {
    let mut seen = Seen::default();
    assert!(!seen.again(Some("one"), vec![1]));
    assert!(seen.again(Some("one"), vec![2]));
    assert!(seen.again(Some("two"), vec![1]), "an old body, newly named");
    assert!(seen.again(None, vec![1]));
    assert!(!seen.again(Some("three"), vec![3]));
}

#[test]
fn what_is_remembered_is_bounded_and_the_oldest_goes_first() {
    let mut seen = Seen::default();
    for n in 0..SEEN_MAX + 10 {
        assert!(!seen.again(None, n.to_be_bytes().to_vec()));
    }
    assert!(!seen.again(None, 0_usize.to_be_bytes().to_vec()));
    assert!(seen.again(None, SEEN_MAX.to_be_bytes().to_vec()));
}

#[test]
fn what_a_delivery_is_about_is_its_repository_and_who_did_it() {
    let repo = RepoId(7);
    let of = |text: &str| about(text.as_bytes(), repo, 3);
    let ours = r#"{"repository":{"id":7,"x":[]},"sender":{"id":5},"more":null}"#;
    assert_eq!(of(ours), About::Us);
    assert_eq!(of(r#"{"repository":{"id":7}}"#), About::Us);
    let own = r#"{"repository":{"id":7},"sender":{"id":3}}"#;
    assert_eq!(of(own), About::OwnDeed);
    assert_eq!(of(r#"{"repository":{"id":8}}"#), About::Elsewhere);
    for nothing in [
        "",
        "[]",
        "payload=%7B%7D",
        r#"{"repository":null}"#,
        "\u{0}",
    ] {
        assert_eq!(of(nothing), About::Nothing, "{nothing}");
    }
}

proptest! {
    #[test]
    fn only_the_very_body_under_the_very_secret_holds(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        flip in any::<prop::sample::Index>(),
    ) {
        let good = sign(SECRET, &body);
        prop_assert!(key().verify(&body, &good).is_some());
        prop_assert!(key().verify(&body, &good.to_uppercase()).is_some());
        prop_assert!(key().verify(&body, &sign("another secret, as long as it", &body)).is_none());
        let mut changed = body.clone();
        changed.push(b' ');
        prop_assert!(key().verify(&changed, &good).is_none());
        let mut digits = hex::decode(&good).unwrap();
        let at = flip.index(digits.len());
        digits[at] ^= 1;
        prop_assert!(key().verify(&body, &hex::encode(&digits)).is_none());
        digits.truncate(at);
        prop_assert!(key().verify(&body, &hex::encode(&digits)).is_none());
    }

    #[test]
    fn nothing_that_comes_in_panics(body in any::<Vec<u8>>(), digits in ".{0,80}", name in ".{0,200}") {
        let _ = about(&body, RepoId(1), 1);
        prop_assert!(key().verify(&body, &digits).is_none());
        let mut seen = Seen::default();
        prop_assert!(!seen.again(Some(&name), vec![1]));
        prop_assert!(seen.again(Some(&name), vec![2]));
    }
}
