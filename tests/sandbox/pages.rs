//! Pages for people: a token to see them, and text shown as text.

use crate::yard::{REPO, Yard};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn pages_ask_for_the_token_and_show_text_as_text() {
    let yard = Yard::new().await;
    let page = "/alice/box/issues/1";
    let bare = yard
        .http
        .get(format!("{}{page}", yard.forge.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    assert!(bare.text().await.unwrap().contains("?token="));
    let first = yard.http.get(yard.forge.page(page)).send().await.unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["location"]),
        (303, &page.parse().unwrap())
    );
    let cookie = first.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let url = format!("{}{page}", yard.forge.url());
    let shown = yard
        .http
        .get(url)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        shown.contains("It &lt;b&gt;breaks&lt;/b&gt;") && shown.contains("Look &amp; see"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_pull_requests_page_shows_its_commits_and_its_diff() {
    let yard = Yard::new().await;
    yard.forge
        .commit(REPO, "topic", &[("new.txt", "a <new> line\n")])
        .unwrap();
    let body = json!({"head": "topic", "base": "main", "title": "Topic"});
    let path = "/api/v1/repos/alice/box/pulls";
    yard.request(Method::POST, path, &yard.bob)
        .json(&body)
        .send()
        .await
        .unwrap();
    let first = yard
        .http
        .get(yard.forge.page("/alice/box/pulls/2"))
        .send()
        .await
        .unwrap();
    let cookie = first.headers()["set-cookie"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let url = format!("{}/alice/box/pulls/2", yard.forge.url());
    let shown = yard
        .http
        .get(url)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        shown.contains("Change topic") && shown.contains("+a &lt;new&gt; line"),
        "{shown}"
    );
}
