//! What an answer becomes, and what an error may say.

use super::fake::{Answer, Fake, TOKEN, client, limits};
use adf::{
    clock::Clock,
    forge::{Client, Endpoint, ForgeConfig, ForgeError, Verdict},
    model::Time,
};
use serde_json::json;

async fn error_of(answer: Answer) -> ForgeError {
    let fake = Fake::start([answer]).await;
    let error = fake
        .client()
        .edit_comment(7, "hello")
        .await
        .expect_err("an error");
    let text = error.to_string();
    assert!(
        !text.contains(TOKEN) && !format!("{error:?}").contains(TOKEN),
        "{text}"
    );
    assert!(!text.contains('\n'), "one line: {text}");
    assert!(text.starts_with("edit comment: "), "names the call: {text}");
    error
}

#[tokio::test]
async fn a_redirect_is_an_error_that_names_the_new_repository() {
    for status in [301, 302, 307, 308] {
        let to = "/sub/api/v1/repos/maria/demo2/issues/comments/7?x=1";
        let error = error_of(Answer::new(status, "<a>Moved</a>").header("location", to)).await;
        match &error {
            ForgeError::Moved { to, .. } => assert_eq!(to, "maria/demo2"),
            other => panic!("{other:?}"),
        }
        assert!(error.to_string().contains("[gitea]"), "the remedy: {error}");
        assert!(error.needs_operator());
    }
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let target = Fake::start([Answer::json(&json!({}))]).await;
    let to = format!("{}/api/v1/repos/maria/demo", target.url);
    let fake = Fake::start([Answer::new(301, "").header("location", &to)]).await;
    let error = fake.client().repository().await.expect_err("an error");
    match error {
        // Only the address differs, so the whole address is shown.
        ForgeError::Moved { to: shown, .. } => assert_eq!(shown, to),
        other => panic!("{other:?}"),
    }
    assert_eq!((fake.asked(), target.asked()), (1, 0));
}

#[tokio::test]
async fn the_forges_own_words_are_kept_short_and_without_the_token() {
    let long = format!("first\n\n{TOKEN} \u{7} {}", "word ".repeat(500));
    let error = error_of(Answer::new(422, json!({"message": long}).to_string())).await;
    let text = error.to_string();
    assert!(text.contains("first [token]"), "{text}");
    assert!(text.chars().count() < 400, "{text}");
}

#[tokio::test]
async fn html_from_a_proxy_stays_out_of_the_error() {
    let page = "<html><script>alert(1)</script> Bad Gateway</html>";
    let error = error_of(Answer::new(502, page)).await;
    assert!(!error.to_string().contains("html"), "{error}");
    assert!(matches!(error, ForgeError::Server { status: 502, .. }));
    let error = error_of(Answer::new(200, page)).await;
    assert!(!error.to_string().contains("script"), "{error}");
    assert!(matches!(error, ForgeError::Decode { .. }));
}

#[tokio::test]
async fn json_of_another_shape_is_not_quoted() {
    let error = error_of(Answer::new(200, r#""some text""#)).await;
    assert!(matches!(error, ForgeError::Decode { .. }));
    assert!(!error.to_string().contains("some text"), "{error}");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let said = "token does not have at least one of required scope(s), required=[write:issue], token scope=read:issue";
    let error = error_of(Answer::new(403, json!({"message": said}).to_string())).await;
    match &error {
        ForgeError::Forbidden { missing, .. } => {
            assert_eq!(missing.as_deref(), Some("write:issue"))
        }
        other => panic!("{other:?}"),
    }
    assert!(
        error.to_string().contains("lacks the scope `write:issue`"),
        "{error}"
    );
    assert!(error.needs_operator());
}

#[tokio::test]
async fn each_status_has_its_error() {
    let is = |error: &ForgeError, status| match status {
        401 => matches!(error, ForgeError::Unauthorized { .. }),
        403 => matches!(error, ForgeError::Forbidden { missing: None, .. }),
        404 => matches!(error, ForgeError::NotFound { .. }),
        405 => matches!(error, ForgeError::NotAllowed { .. }),
        409 => matches!(error, ForgeError::Conflict { .. }),
        422 => matches!(error, ForgeError::Invalid { .. }),
        423 => matches!(error, ForgeError::Archived { .. }),
        429 => matches!(error, ForgeError::RateLimited { after: None, .. }),
        500..=599 => matches!(error, ForgeError::Server { .. }),
        _ => matches!(error, ForgeError::Refused { .. }),
    };
    for status in [
        400, 401, 403, 404, 405, 409, 412, 413, 422, 423, 429, 500, 503, 504,
    ] {
        for body in ["", "\"a bare string\"", "{\"message\":null}", "[1]"] {
            let error = error_of(Answer::new(status, body)).await;
            assert!(is(&error, status), "{status}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_cut_error_page_keeps_its_status() {
    let error = error_of(Answer::new(502, "<html>").cut()).await;
    assert!(
        matches!(error, ForgeError::Server { status: 502, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_giant_answer_is_an_error_and_a_giant_error_is_its_status() {
    let giant = vec![b' '; 20 * 1024];
    let error = error_of(Answer::new(200, giant.clone())).await;
    assert!(
        matches!(error, ForgeError::TooLarge { cap: 16_384, .. }),
        "{error:?}"
    );
    let error = error_of(Answer::new(423, giant)).await;
    assert!(matches!(error, ForgeError::Archived { .. }), "{error:?}");
}

#[tokio::test]
async fn the_token_travels_in_its_header_and_nowhere_else() {
    let fake = Fake::start([Answer::json(&json!({"id": 2, "login": "ADF-Bot"}))]).await;
    let client = fake.client();
    assert_eq!(client.me().await.expect("read").login, "adf-bot");
    let seen = &fake.seen()[0];
    assert_eq!(seen.headers["authorization"], format!("token {TOKEN}"));
    assert_eq!(seen.target, "/sub/api/v1/user");
    assert!(!format!("{client:?}").contains(TOKEN));
}

#[tokio::test]
async fn names_are_encoded_and_cannot_climb() {
    let fake = Fake::start([Answer::new(404, "")]).await;
    let client = fake.client();
    client.branch("adf/ü x?#%").await.expect("none");
    client.permission("a/../b").await.expect("none");
    let targets: Vec<String> = fake.seen().into_iter().map(|seen| seen.target).collect();
    let repo = "/sub/api/v1/repos/maria/demo";
    assert_eq!(
        targets[0],
        format!("{repo}/branches/adf/%C3%BC%20x%3F%23%25")
    );
    assert_eq!(
        targets[1],
        format!("{repo}/collaborators/a%2F..%2Fb/permission")
    );
    let error = client.branch("a/../b").await.expect_err("refused");
    assert!(matches!(error, ForgeError::Unusable { .. }), "{error:?}");
    assert_eq!(fake.asked(), 2, "nothing was sent");
}

#[tokio::test]
async fn a_config_that_cannot_work_is_refused_without_showing_secrets() {
    let with = |url: &str, owner: &str, token: &str| {
        let config = ForgeConfig {
            url: url.to_owned(),
            owner: owner.to_owned(),
            repo: "demo".to_owned(),
            token: token.to_owned().into(),
            concurrency: 0,
            user_agent: "adf-test".to_owned(),
        };
        Client::new(config, Clock::manual(Time(0)))
    };
    let bad = [
        ("ftp://host/", "maria", TOKEN),
        ("not an address", "maria", TOKEN),
        ("http://u:s3cr3t@host/", "maria", TOKEN),
        ("http://host/?a=b", "maria", TOKEN),
        ("http://host/", "maria/demo", TOKEN),
        ("http://host/", "", TOKEN),
        ("http://host/", "maria", "s3cr3t\nsecond line"),
    ];
    for (url, owner, token) in bad {
        let error = with(url, owner, token).expect_err(url);
        assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
        assert_eq!(error.verdict(), Verdict::Final);
    }
    with("https://host/git", "maria", TOKEN).expect("good");
}

#[tokio::test]
async fn a_server_that_is_not_there_was_not_reached() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its number"));
    drop(listener);
    let client = client(&url, limits(), Clock::manual(Time(0)));
    let error = client
        .post_comment(1, "hello")
        .await
        .expect_err("nobody there");
    assert!(
        matches!(error, ForgeError::Transport { sent: false, .. }),
        "{error:?}"
    );
    assert_eq!(error.verdict(), Verdict::Passing { after: None });
    assert!(!error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn requests_are_counted_by_endpoint() {
    let fake = Fake::start([Answer::new(404, "")]).await;
    let client = fake.client();
    client.issue(1).await.expect("none");
    client.clone().issue(2).await.expect("none");
    client.comment(2).await.expect("none");
    assert_eq!(client.requests(), 3);
    let counted = client.requests_by_endpoint();
    assert_eq!(counted, [(Endpoint::Issue, 2), (Endpoint::Comment, 1)]);
}

#[tokio::test]
async fn each_write_is_what_the_forge_expects() {
    let fake = Fake::start([Answer::json(&json!([]))]).await;
    let client = fake.client();
    let _any = client.post_comment(3, "a \"b\"\n").await;
    let _any = client.edit_comment(7, "b").await;
    let _any = client.delete_comment(7).await;
    let _any = client.create_pull("adf/1", "main", "t", "b").await;
    let _any = client.edit_pull(4, "t", "b").await;
    let _any = client.create_label("adf", "00ff00").await;
    let _any = client.add_labels(3, &[5, 6]).await;
    let _any = client.set_assignees(3, &["maria"]).await;
    let _any = client.create_issue("t", "b").await;
    let expected = [
        ("POST", "issues/3/comments", json!({"body": "a \"b\"\n"})),
        ("PATCH", "issues/comments/7", json!({"body": "b"})),
        ("DELETE", "issues/comments/7", json!(null)),
        (
            "POST",
            "pulls",
            json!({"head": "adf/1", "base": "main", "title": "t", "body": "b"}),
        ),
        ("PATCH", "pulls/4", json!({"title": "t", "body": "b"})),
        ("POST", "labels", json!({"name": "adf", "color": "#00ff00"})),
        ("POST", "issues/3/labels", json!({"labels": [5, 6]})),
        ("PATCH", "issues/3", json!({"assignees": ["maria"]})),
        ("POST", "issues", json!({"title": "t", "body": "b"})),
    ];
    let seen = fake.seen();
    assert_eq!(seen.len(), expected.len());
    for (seen, (method, path, body)) in seen.iter().zip(expected) {
        assert_eq!(seen.method, method);
        assert_eq!(seen.target, format!("/sub/api/v1/repos/maria/demo/{path}"));
        let sent = serde_json::from_str(&seen.body).unwrap_or(serde_json::Value::Null);
        assert_eq!(sent, body);
        let json = seen
            .headers
            .get("content-type")
            .is_some_and(|v| v == "application/json");
        assert_eq!(json, !body.is_null(), "{path}");
    }
}
