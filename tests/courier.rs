//! The courier against real receivers: what arrives, and what a receiver that
//! hangs, fails, sends elsewhere or says too much can do to the factory.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

use adf::courier::{Address, Courier, CourierError};
use adf::model::notify::{BodyFormat, Webhook};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A part of every address here, in no text that comes out.
const SECRET: &str = "bot1234567-AAHsecretpartofanaddress";
const TOKEN: &str = "tok-0123456789abcdef";

/// Reads one request to its end, as it came.
async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let length = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..length]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |l| l.parse().unwrap()) {
                return text;
            }
        }
        assert!(length > 0, "cut off: {text}");
    }
}

/// A receiver that gives every request the same answer; what it saw comes by the channel.
async fn receiver(answer: &str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (seen, log) = mpsc::channel(16);
    let answer = answer.to_owned();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let text = request(&mut stream).await;
            seen.send(text).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, log)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

fn how() -> Webhook {
    Webhook {
        method: "POST",
        format: BodyFormat::Json,
        headers: BTreeMap::from([("X-Priority".to_owned(), "high".to_owned())]),
        body: String::new(),
        timeout: Duration::from_millis(300),
        auth_header: "Authorization".to_owned(),
    }
}

fn courier(root: &str) -> (Courier, Address) {
    let address = Address {
        url: SecretString::from(format!("{root}/{SECRET}/send?n={{id}}")),
        token: Some(SecretString::from(TOKEN)),
    };
    let addresses = BTreeMap::from([("chat".to_owned(), address.clone())]);
    (Courier::new(addresses).unwrap(), address)
}

async fn carry(root: &str, how: &Webhook) -> Result<(), CourierError> {
    let (courier, _) = courier(root);
    let carried = courier.carry(
        "chat",
        how,
        "blockers:chat:7",
        "{\"text\":\"hi\"}".to_owned(),
    );
    let result = timeout(Duration::from_secs(20), carried).await;
    let result = result.unwrap_or_else(|_| panic!("a try does not end"));
    if let Err(error) = &result {
        let shown = format!("{error} {error:?} {courier:?}");
        assert!(!shown.contains(SECRET) && !shown.contains(TOKEN), "{shown}");
    }
    result
}

#[tokio::test]
async fn a_notice_arrives_with_its_id_its_token_and_its_headers() {
    let (root, mut log) = receiver(&answer("204 No Content", "", "")).await;
    carry(&root, &how()).await.unwrap();
    let seen = log.recv().await.unwrap();
    let first = format!("POST /{SECRET}/send?n=blockers:chat:7 HTTP/1.1");
    assert!(seen.starts_with(&first), "{seen}");
    for line in [
        "content-type: application/json",
        "idempotency-key: blockers:chat:7",
        "x-priority: high",
        &format!("authorization: Bearer {TOKEN}"),
        "{\"text\":\"hi\"}",
    ] {
        assert!(seen.contains(line), "{line}: {seen}");
    }
    // Another header gets the token as it is, and another method is used.
    let other = Webhook {
        method: "PUT",
        format: BodyFormat::Text,
        auth_header: "X-Token".to_owned(),
        ..how()
    };
    carry(&root, &other).await.unwrap();
    let seen = log.recv().await.unwrap();
    assert!(
        seen.starts_with("PUT ") && seen.contains(&format!("x-token: {TOKEN}")),
        "{seen}"
    );
    assert!(seen.contains("content-type: text/plain"), "{seen}");
}

#[tokio::test]
async fn a_redirect_is_refused_and_nobody_else_hears_of_it() {
    let (elsewhere, mut other) = receiver(&answer("200 OK", "", "")).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let location = format!("location: {elsewhere}/taken\r\n");
        let (root, _log) = receiver(&answer(status, &location, "")).await;
        let error = carry(&root, &how()).await.unwrap_err();
        let CourierError::Final(reason) = &error else {
            panic!("{error:?}");
        };
        assert!(reason.contains("redirects are not followed"), "{reason}");
    }
    assert!(other.try_recv().is_err(), "nothing went elsewhere");
}

#[tokio::test]
async fn a_receiver_that_hangs_is_left_within_the_time_of_a_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let error = carry(&root, &how()).await.unwrap_err();
    assert!(matches!(error, CourierError::Ambiguous(_)), "{error:?}");
    assert!(
        error.to_string().contains("did not answer in time"),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_left_within_the_time_of_a_try() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let head = "HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        while stream.write_all(b"4\r\nword\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    let error = carry(&root, &how()).await.unwrap_err();
    assert!(matches!(error, CourierError::Passing { .. }), "{error:?}");
    assert!(error.to_string().len() < 400, "{error}");
}

#[tokio::test]
async fn what_time_can_mend_is_told_from_what_it_cannot() {
    let busy = answer("429 Slow", "retry-after: 7\r\n", "later");
    let (root, _log) = receiver(&busy).await;
    let error = carry(&root, &how()).await.unwrap_err();
    let CourierError::Passing { after, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*after, Some(Duration::from_secs(7)));
    let (root, _log) = receiver(&answer("502 Bad", "", "")).await;
    let error = carry(&root, &how()).await.unwrap_err();
    assert!(
        matches!(error, CourierError::Passing { after: None, .. }),
        "{error:?}"
    );
    let (root, _log) = receiver(&answer("400 Bad", "", "chat\nnot \u{7}found")).await;
    let error = carry(&root, &how()).await.unwrap_err();
    assert!(matches!(error, CourierError::Final(_)), "{error:?}");
    assert!(error.to_string().contains("chat not  found"), "{error}");
    // A port where nobody listens.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let error = carry(&root, &how()).await.unwrap_err();
    assert!(matches!(error, CourierError::Passing { .. }), "{error:?}");
}

#[tokio::test]
async fn an_address_that_is_none_is_said_without_repeating_it() {
    for root in ["ftp://host", "no url", ""] {
        let error = carry(root, &how()).await.unwrap_err();
        assert!(matches!(error, CourierError::Final(_)), "{error:?}");
    }
}

#[test]
fn the_parts_of_an_address_that_look_like_tokens_are_secrets_too() {
    let (_, address) = courier("https://api.example.org");
    let redactor = adf::redact::Redactor::new(&address.secrets());
    let text = format!("POST /{SECRET}/send failed; token {TOKEN}; /send stays");
    assert_eq!(
        redactor.clean(&text),
        "POST /[redacted]/send failed; token [redacted]; /send stays"
    );
}
