//! A stock Gitea or Forgejo in a temporary directory, on loopback.

use super::world::{Account, Host, Who};
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const PASSWORD: &str = "Pw12345678-contract";
const OWNER: &str = "Maria";

/// The server; ends with its value.
pub struct Gitea {
    url: String,
    http: reqwest::Client,
    server: Child,
    tokens: Vec<(Who, Account)>,
    /// Held for its directory.
    _dir: TempDir,
}

impl Drop for Gitea {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the variables are the switch of this suite"
)]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var(name)
        .ok()
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server under test is a process"
)]
fn command(binary: &Path, dir: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .arg("-c")
        .arg(dir.join("app.ini"))
        .env("HOME", dir)
        .env("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true")
        .current_dir(dir)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// A binary built without its assets finds them beside itself or where it is told.
fn assets(binary: &Path) -> Option<PathBuf> {
    let beside = binary.parent()?;
    variable("ADF_TEST_GITEA_ROOT")
        .into_iter()
        .chain([beside.to_owned(), beside.join("gitea-src")])
        .find(|dir| dir.join("templates").is_dir() && dir.join("options").is_dir())
}

fn ini(dir: &Path, binary: &Path, port: u16) -> String {
    let dir_text = dir.display();
    let assets = assets(binary).map_or_else(String::new, |at| {
        format!("STATIC_ROOT_PATH = {}\n", at.display())
    });
    format!(
        "RUN_MODE = prod\nI_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true\nWORK_PATH = {dir_text}\n\
         [server]\nHTTP_ADDR = 127.0.0.1\nHTTP_PORT = {port}\nROOT_URL = http://127.0.0.1:{port}/\n\
         DISABLE_SSH = true\nOFFLINE_MODE = true\n{assets}\
         [database]\nDB_TYPE = sqlite3\nPATH = {dir_text}/forge.db\nSQLITE_JOURNAL_MODE = WAL\n\
         [security]\nINSTALL_LOCK = true\nSECRET_KEY = contract\nPASSWORD_HASH_ALGO = pbkdf2_v1\n\
         [service]\nDISABLE_REGISTRATION = true\n[repository]\nDEFAULT_BRANCH = main\n\
         [indexer]\nISSUE_INDEXER_TYPE = db\n[actions]\nENABLED = false\n[mailer]\nENABLED = false\n\
         [log]\nMODE = console\nLEVEL = Error\n"
    )
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its number").port()
}

impl Gitea {
    /// Starts the server that `ADF_TEST_GITEA` names; `None` when it names none.
    pub async fn start() -> Option<Gitea> {
        let binary = variable("ADF_TEST_GITEA")?;
        let dir = tempfile::tempdir().expect("a directory");
        let port = free_port();
        std::fs::write(dir.path().join("app.ini"), ini(dir.path(), &binary, port))
            .expect("app.ini");
        let run = |args: &[&str]| {
            let status = command(&binary, dir.path())
                .args(args)
                .status()
                .expect("it runs");
            assert!(status.success(), "{args:?} ended with {status}");
        };
        run(&["migrate"]);
        run(&[
            "admin",
            "user",
            "create",
            "--admin",
            "--username",
            "root1",
            "--password",
            PASSWORD,
            "--email",
            "root1@contract.test",
            "--must-change-password=false",
        ]);
        let server = command(&binary, dir.path())
            .arg("web")
            .spawn()
            .expect("it starts");
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        let mut gitea = Gitea {
            url: format!("http://127.0.0.1:{port}/"),
            http,
            server,
            tokens: Vec::new(),
            _dir: dir,
        };
        gitea.wait().await;
        gitea.people().await;
        Some(gitea)
    }

    async fn wait(&mut self) {
        const TRIES: u32 = 3_000;
        // Asked in turns rather than without pause: it needs the processor to start.
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..TRIES {
            turn.tick().await;
            let up = self
                .http
                .get(format!("{}api/healthz", self.url))
                .send()
                .await;
            if up.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let ended = self.server.try_wait().expect("its state");
            assert!(ended.is_none(), "the server ended at once: {ended:?}");
        }
        panic!("the server does not answer");
    }

    async fn people(&mut self) {
        const ALL: &[&str] = &["all"];
        const BOT: &[&str] = &["write:repository", "write:issue", "read:user"];
        const READ: &[&str] = &["read:repository", "read:issue", "read:user"];
        let people = [
            (Who::Bot, "adf-bot", BOT),
            (Who::BotReading, "adf-bot", READ),
            (Who::Owner, OWNER, ALL),
            (Who::Writer, "writer1", ALL),
            (Who::Stranger, "stranger1", ALL),
        ];
        for (who, login, scopes) in people {
            if who != Who::BotReading {
                let email = format!("{login}@contract.test");
                let user = json!({"username": login, "email": email, "password": PASSWORD, "must_change_password": false});
                self.admin(Method::POST, "admin/users", user).await;
            }
            let token = json!({"name": format!("{who:?}"), "scopes": scopes});
            let token = self
                .admin(Method::POST, &format!("users/{login}/tokens"), token)
                .await;
            let account = Account {
                login: login.to_owned(),
                token: token["sha1"].as_str().expect("a token").to_owned(),
            };
            self.tokens.push((who, account));
        }
    }

    async fn admin(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}api/v1/{path}", self.url);
        let request = self
            .http
            .request(method.clone(), url)
            .basic_auth("root1", Some(PASSWORD));
        let answer = request.json(&body).send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn patch_repo(&self, repo: &str, body: Value) {
        self.admin(Method::PATCH, &format!("repos/{OWNER}/{repo}"), body)
            .await;
    }
}

impl Host for Gitea {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn account(&self, who: Who) -> Account {
        let found = self.tokens.iter().find(|(name, _)| *name == who);
        found.expect("everybody has a token").1.clone()
    }

    fn new_repo<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let repo = json!({"name": name, "auto_init": true, "default_branch": "main"});
            self.admin(Method::POST, &format!("admin/users/{OWNER}/repos"), repo)
                .await;
            for login in ["adf-bot", "writer1"] {
                let path = format!("repos/{OWNER}/{name}/collaborators/{login}");
                self.admin(Method::PUT, &path, json!({"permission": "write"}))
                    .await;
            }
        })
    }

    fn new_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let file = branch.replace('/', "-");
            let path = format!("repos/{OWNER}/{repo}/contents/{file}.txt");
            let body = json!({"content": "aGVsbG8K", "message": "Say hello", "branch": "main", "new_branch": branch});
            self.admin(Method::POST, &path, body).await;
        })
    }

    fn delete_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let path = format!("repos/{OWNER}/{repo}/branches/{branch}");
            self.admin(Method::DELETE, &path, json!({})).await;
        })
    }

    fn protect<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let rule = json!({"rule_name": branch, "branch_name": branch, "enable_push": false});
            let path = format!("repos/{OWNER}/{repo}/branch_protections");
            self.admin(Method::POST, &path, rule).await;
        })
    }

    fn archive<'a>(&'a self, repo: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(self.patch_repo(repo, json!({"archived": true})))
    }

    fn rename<'a>(&'a self, repo: &'a str, to: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(self.patch_repo(repo, json!({"name": to})))
    }

    fn depend<'a>(&'a self, repo: &'a str, issue: u64, on: u64) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let path = format!("repos/{OWNER}/{repo}/issues/{issue}/dependencies");
            let body = json!({"owner": OWNER, "repo": repo, "index": on});
            self.admin(Method::POST, &path, body).await;
        })
    }

    fn no_dependencies<'a>(&'a self, repo: &'a str) -> BoxFuture<'a, ()> {
        let tracker = json!({"enable_issue_dependencies": false});
        let body = json!({"has_issues": true, "internal_tracker": tracker});
        Box::pin(self.patch_repo(repo, body))
    }

    fn close<'a>(&'a self, repo: &'a str, issue: u64) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let path = format!("repos/{OWNER}/{repo}/issues/{issue}");
            self.admin(Method::PATCH, &path, json!({"state": "closed"}))
                .await;
        })
    }

    fn lock<'a>(&'a self, repo: &'a str, issue: u64) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let path = format!("repos/{OWNER}/{repo}/issues/{issue}/lock");
            self.admin(Method::PUT, &path, json!({})).await;
        })
    }

    fn review<'a>(
        &'a self,
        repo: &'a str,
        pull: u64,
        who: Who,
        body: &'a str,
        inline: &'a [(&'a str, i64, &'a str)],
    ) -> BoxFuture<'a, ()> {
        let comments = inline
            .iter()
            .map(|(path, line, text)| json!({"path": path, "new_position": line, "body": text}));
        let comments: Vec<Value> = comments.collect();
        let review = json!({"event": "COMMENT", "body": body, "comments": comments});
        Box::pin(async move {
            let url = format!(
                "{}api/v1/repos/{OWNER}/{repo}/pulls/{pull}/reviews",
                self.url
            );
            let token = format!("token {}", self.account(who).token);
            let request = self.http.post(url).header("authorization", token);
            let answer = request.json(&review).send().await.expect("an answer");
            assert!(answer.status().is_success(), "{}", answer.status());
        })
    }
}
