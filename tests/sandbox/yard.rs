//! A small world for tests, and git as its people run it.

use adf::{
    clock::Clock,
    model::Time,
    sandbox::{Forge, ForgeOptions, Permission, git},
};
use reqwest::{Client, Method, redirect::Policy};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tempfile::TempDir;

pub const REPO: &str = "alice/box";
pub const ISSUES: &str = "/api/v1/repos/alice/box/issues";

/// A forge with alice (owner), bob (writer), carol (stranger) and one issue.
pub struct Yard {
    pub home: TempDir,
    pub forge: Forge,
    pub clock: Clock,
    pub http: Client,
    pub alice: String,
    pub bob: String,
    pub carol: String,
}

impl Yard {
    pub async fn new() -> Yard {
        Yard::in_zone(0).await
    }

    pub async fn in_zone(minutes: i32) -> Yard {
        let home = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Time::from_seconds(1_790_000_000));
        let options = ForgeOptions {
            clock: clock.clone(),
            zone_offset_minutes: minutes,
            ..ForgeOptions::new(home.path().join("forge"))
        };
        let forge = Forge::start(options).await.unwrap();
        let token = |login| {
            forge
                .add_user(login)
                .unwrap()
                .token
                .expose_secret()
                .to_owned()
        };
        let (alice, bob, carol) = (token("alice"), token("bob"), token("carol"));
        forge
            .add_repo("alice", "box", &[("README.md", "# box\n")])
            .unwrap();
        forge
            .add_collaborator(REPO, "bob", Permission::Write)
            .unwrap();
        forge
            .open_issue(REPO, "carol", "It <b>breaks</b>", "Look & see")
            .unwrap();
        Yard {
            home,
            forge,
            clock,
            http: client(),
            alice,
            bob,
            carol,
        }
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.forge.url());
        self.http
            .request(method, url)
            .header("authorization", format!("token {token}"))
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .request(Method::GET, path, &self.alice)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    pub async fn say(&self, body: &str) -> reqwest::Result<reqwest::Response> {
        let path = format!("{ISSUES}/1/comments");
        self.request(Method::POST, &path, &self.bob)
            .json(&json!({"body": body}))
            .send()
            .await
    }

    /// A clone by `token`, made by real git.
    pub async fn clone_as(&self, token: &str, name: &str) -> std::path::PathBuf {
        let dir = self.home.path().join(name);
        let url = self.url_as(token);
        let (home, at) = (self.home.path().to_owned(), dir.clone());
        blocking(move || git::text(&home, &["clone", "-q", &url, &at.to_string_lossy()]))
            .await
            .unwrap();
        dir
    }

    pub fn url_as(&self, token: &str) -> String {
        self.forge
            .url()
            .replace("http://", &format!("http://x:{token}@"))
            + "/alice/box.git"
    }
}

pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let limit = Duration::from_secs(20);
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(limit)
        .build()
        .unwrap()
}

pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Runs git on a thread that may block; the forge answers meanwhile.
pub async fn in_git(dir: &Path, args: &[&str]) -> std::io::Result<String> {
    let dir = dir.to_owned();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    blocking(move || git::text(&dir, &args)).await
}

pub fn write(dir: &Path, path: &str, text: &str) {
    std::fs::write(dir.join(path), text).unwrap();
}
