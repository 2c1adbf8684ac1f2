//! One delivery after the other, over loopback.

use crate::check::{COMMENT, REVIEW, SECRET, sign};
use adf::model::RepoId;
use adf::sense::webhook::check::Key;
use adf::sense::webhook::{Bounds, Desk};
use reqwest::Client;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(20);

struct Served {
    address: SocketAddr,
    nudge: Arc<Notify>,
    http: Client,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Served {
    async fn with(bounds: Bounds) -> Served {
        // No forge of this repository is reached here, so there is no TLS to set up.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nudge = Arc::new(Notify::new());
        let key = Key::new(SecretString::from(SECRET)).unwrap();
        let desk = Desk::new(key, RepoId(1), 99, nudge.clone(), bounds);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(Arc::new(desk).serve(listener));
        Served {
            address,
            nudge,
            http: Client::builder().no_proxy().build().unwrap(),
            serving,
        }
    }

    async fn new() -> Served {
        Served::with(Bounds::default()).await
    }

    async fn post(&self, body: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let mut request = self.http.post(format!("http://{}/", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Whether the loop was woken since the last look.
    async fn nudged(&self) -> bool {
        // A permit that is stored is taken at the first poll.
        timeout(Duration::ZERO, self.nudge.notified()).await.is_ok()
    }
}

#[tokio::test]
async fn comments_and_reviews_of_pull_requests_wake_the_loop_by_any_forges_header() {
    let hub = format!("sha256={}", REVIEW.1);
    let cases = [
        ("x-gitea-signature", COMMENT.1, COMMENT.0),
        ("x-hub-signature-256", &hub, REVIEW.0),
    ];
    let served = Served::new().await;
    for (header, signature, body) in cases {
        let (status, text) = served.post(body, &[(header, signature)]).await;
        assert_eq!((status, text.lines().count()), (202, 1), "{text}");
        assert!(served.nudged().await);
    }
}

#[tokio::test]
async fn unsigned_and_wrongly_signed_wake_nothing() {
    let served = Served::new().await;
    let other = sign("another secret, as long as it", COMMENT.0.as_bytes());
    let of_other_body = sign(SECRET, b"{}");
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("x-gitea-signature", "")],
        &[("x-gitea-signature", &other)],
        &[("x-gitea-signature", &of_other_body)],
        &[("x-gitea-signature", "not hex at all")],
    ];
    for headers in cases {
        let (status, text) = served.post(COMMENT.0, headers).await;
        assert_eq!(
            (status, text.lines().count()),
            (401, 1),
            "{headers:?}: {text}"
        );
        assert!(!text.contains(SECRET));
    }
    assert!(!served.nudged().await);
}

#[tokio::test]
async fn a_replay_wakes_nothing_under_its_old_name_or_a_new_one() {
    let served = Served::new().await;
    let signature = COMMENT.1.to_owned();
    let named = |name: &'static str| {
        [
            ("x-gitea-signature", signature.clone()),
            ("x-gitea-delivery", name.to_owned()),
        ]
    };
    for (name, wanted) in [("one", 202), ("one", 200), ("two", 200)] {
        let headers = named(name);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let (status, text) = served.post(COMMENT.0, &headers).await;
        assert_eq!(status, wanted, "{name}: {text}");
        assert_eq!(served.nudged().await, wanted == 202, "{name}");
    }
}

#[tokio::test]
async fn deliveries_of_others_and_of_ourselves_wake_nothing() {
    let served = Served::new().await;
    let cases = [
        (r#"{"repository":{"id":2}}"#, 200),
        (r#"{"repository":{"id":1},"sender":{"id":99}}"#, 200),
        ("payload=%7B%7D", 400),
    ];
    for (body, wanted) in cases {
        let signature = sign(SECRET, body.as_bytes());
        let (status, text) = served
            .post(body, &[("x-gitea-signature", &signature)])
            .await;
        assert_eq!(status, wanted, "{text}");
    }
    assert!(!served.nudged().await);
}

#[tokio::test]
async fn a_body_over_its_bound_is_refused_announced_or_not() {
    let bounds = Bounds {
        body_bytes: 1000,
        ..Bounds::default()
    };
    let served = Served::with(bounds).await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\nx-gitea-signature: 00\r\n";
    let announced = format!("{head}content-length: 1001\r\n\r\n");
    let chunk = "x".repeat(1001);
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n3e9\r\n{chunk}\r\n0\r\n\r\n");
    for request in [announced, chunked] {
        let answer = raw(served.address, &request).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    }
}

#[tokio::test]
async fn who_is_slow_loses_the_seat_and_who_comes_meanwhile_is_told() {
    let short = Duration::from_millis(300);
    let bounds = Bounds {
        connections: 2,
        head_wait: short,
        body_wait: short,
        ..Bounds::default()
    };
    let served = Served::with(bounds).await;
    let mut head = TcpStream::connect(served.address).await.unwrap();
    head.write_all(b"POST / HTTP/1.1\r\nhost").await.unwrap();
    let mut body = TcpStream::connect(served.address).await.unwrap();
    let slow =
        "POST / HTTP/1.1\r\nhost: x\r\nx-gitea-signature: 00\r\ncontent-length: 10\r\n\r\nab";
    body.write_all(slow.as_bytes()).await.unwrap();
    let mut full = TcpStream::connect(served.address).await.unwrap();
    let told = rest(&mut full).await;
    assert!(told.starts_with("HTTP/1.1 429"), "{told}");
    assert!(told.ends_with("try again shortly\n"), "{told}");
    let told = rest(&mut body).await;
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    let told = rest(&mut head).await;
    assert!(
        told.is_empty() || told.starts_with("HTTP/1.1 408"),
        "{told}"
    );
    // Both seats are free again.
    let signature = COMMENT.1.to_owned();
    let mut tries = 0;
    loop {
        let (status, _) = served
            .post(COMMENT.0, &[("x-gitea-signature", &signature)])
            .await;
        tries += 1;
        if status == 202 {
            break;
        }
        assert!(status == 429 && tries < 1000, "{status}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_head_over_its_bound_and_another_method_are_refused() {
    let served = Served::new().await;
    let answer = raw(served.address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    let long = format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    let answer = raw(served.address, &long).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    let answer = raw(served.address, "this is no HTTP\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may hang up before all is sent.
    let _ = stream.write_all(request.as_bytes()).await;
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut answer)).await;
    let _ = read.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
