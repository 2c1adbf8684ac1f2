//! Walks a recorded story again: the same deeds, the same requests.

use crate::{
    compare::{Compare, digits},
    yard::client,
};
use adf::{
    clock::Clock,
    model::Time,
    sandbox::{Forge, ForgeOptions, Permission, git},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{collections::HashMap, path::Path, time::Duration};
use tempfile::TempDir;

/// One story in the embedded forge.
struct Walk {
    forge: Forge,
    home: TempDir,
    http: reqwest::Client,
    tokens: HashMap<String, String>,
    names: HashMap<String, Value>,
    seconds: i64,
    faults: Vec<String>,
}

pub async fn walk(story: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/gitea-1.25")
        .join(story);
    let text = std::fs::read_to_string(path).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let home = tempfile::tempdir().unwrap();
    let clock = Clock::manual(Time::from_seconds(1_790_000_000));
    let options = ForgeOptions {
        clock: clock.clone(),
        ..ForgeOptions::new(home.path().join("forge"))
    };
    let forge = Forge::start(options).await.unwrap();
    let mut tokens = HashMap::new();
    for login in ["alice", "bob", "carol"] {
        let user = forge.add_user(login).unwrap();
        tokens.insert(login.to_owned(), user.token.expose_secret().to_owned());
    }
    let mut walk = Walk {
        forge,
        home,
        http: client(),
        tokens,
        names: HashMap::new(),
        seconds: 1_700_000_000,
        faults: Vec::new(),
    };
    let steps = told["steps"].as_array().unwrap();
    for (at, step) in steps.iter().enumerate() {
        clock.set(clock.now().plus(Duration::from_secs(1)));
        match step["do"].as_str() {
            Some(deed) => walk.deed(deed, step).await,
            None => walk.request(at, step).await,
        }
    }
    let count = walk.faults.len();
    assert!(
        count == 0,
        "{story}: {count} answers differ:\n{}",
        walk.faults.join("\n")
    );
}

impl Walk {
    fn token(&mut self, who: &str) -> String {
        if who == "invalid" {
            return "0".repeat(40);
        }
        let known = self.tokens.get(who).cloned();
        known.unwrap_or_else(|| {
            let (login, scopes) = who.split_once(' ').unwrap();
            let scopes: Vec<&str> = scopes.split(',').collect();
            let token = self.forge.add_token(login, &scopes).unwrap();
            self.tokens
                .insert(who.to_owned(), token.expose_secret().to_owned());
            token.expose_secret().to_owned()
        })
    }

    async fn deed(&mut self, deed: &str, step: &Value) {
        let repo = step["repo"].as_str().unwrap_or_default();
        let text = |key: &str| step[key].as_str().unwrap();
        match deed {
            "repo" => {
                let (owner, name) = repo.split_once('/').unwrap();
                self.forge.add_repo(owner, name, &[]).unwrap();
                self.forge
                    .hide(repo, step["private"] == json!(true))
                    .unwrap();
                if step["files"].is_object() {
                    self.push(Some(owner), repo, "main", &step["files"]).await;
                }
            }
            "collaborator" => {
                let right = match text("permission") {
                    "read" => Permission::Read,
                    _ => Permission::Write,
                };
                self.forge
                    .add_collaborator(repo, text("login"), right)
                    .unwrap();
            }
            "archive" => self
                .forge
                .archive(repo, step["archived"] != json!(false))
                .unwrap(),
            "rename" => self.forge.rename(repo, text("name")).unwrap(),
            "protect" => self.forge.protect_branch(repo, text("branch")).unwrap(),
            // A real server works behind its answers; this one is done when it answers.
            "wait" => {}
            "push" => {
                let said = self
                    .push(step["who"].as_str(), repo, text("branch"), &step["files"])
                    .await;
                if said != step["said"] {
                    self.faults.push(format!("push {step}\n  got {said}"));
                }
            }
            other => panic!("no such deed: {other}"),
        }
    }

    /// Commits files in a fresh clone and pushes them; what git said.
    async fn push(&mut self, who: Option<&str>, repo: &str, branch: &str, files: &Value) -> Value {
        let token = who.map(|who| self.token(who));
        self.seconds += 10;
        let (url, base, seconds) = (
            format!("{}/{repo}.git", self.forge.url()),
            self.forge.url().to_owned(),
            self.seconds,
        );
        let (home, branch, files) = (
            self.home.path().to_owned(),
            branch.to_owned(),
            files.clone(),
        );
        let task = move || {
            let dir = tempfile::tempdir_in(home).unwrap();
            let date = format!("{seconds} +0000");
            let env = [
                ("GIT_AUTHOR_NAME", "t"),
                ("GIT_AUTHOR_EMAIL", "t@forge.test"),
                ("GIT_AUTHOR_DATE", date.as_str()),
                ("GIT_COMMITTER_NAME", "t"),
                ("GIT_COMMITTER_EMAIL", "t@forge.test"),
                ("GIT_COMMITTER_DATE", date.as_str()),
            ];
            let run = |args: &[&str]| git::run(dir.path(), args, &env).unwrap();
            run(&["init", "-q", "-b", "none"]);
            if let Some(token) = token {
                let header = format!(
                    "Authorization: Basic {}",
                    STANDARD.encode(format!("x:{token}"))
                );
                run(&["config", "http.extraHeader", &header]);
            }
            let fetched = run(&["fetch", "-q", &url, "+refs/heads/*:refs/remotes/o/*"]);
            let starts = [
                format!("refs/remotes/o/{branch}"),
                "refs/remotes/o/main".to_owned(),
            ];
            let start = starts.iter().find(|start| {
                run(&["rev-parse", "-q", "--verify", start])
                    .status
                    .success()
            });
            let mut args = vec!["checkout", "-q", "-B", "work"];
            args.extend(start.map(String::as_str));
            run(&args);
            let mut names = Vec::new();
            for (path, text) in files.as_object().unwrap() {
                let full = dir.path().join(path);
                std::fs::create_dir_all(full.parent().unwrap()).unwrap();
                std::fs::write(full, text.as_str().unwrap()).unwrap();
                names.push(path.as_str());
            }
            names.sort_unstable();
            run(&["add", "-A"]);
            run(&[
                "commit",
                "-q",
                "-m",
                &format!("Change {}", names.join(", ")),
            ]);
            let pushed = run(&["push", "-q", &url, &format!("HEAD:refs/heads/{branch}")]);
            let errors = String::from_utf8_lossy(&pushed.stderr).into_owned();
            let mut said: Vec<String> = errors
                .lines()
                .filter(|line| {
                    ["remote: ", "fatal: ", "! "]
                        .iter()
                        .any(|start| line.starts_with(start))
                })
                .map(|line| line.trim().replace(&base, "http://forge.test"))
                .collect();
            said.sort();
            said.dedup();
            json!({"ok": pushed.status.success(), "said": said, "fetched": fetched.status.success()})
        };
        tokio::task::spawn_blocking(task).await.unwrap()
    }

    async fn request(&mut self, at: usize, step: &Value) {
        let wanted = &step["answer"];
        let path = fill_text(step["path"].as_str().unwrap(), &self.names);
        let method = step["method"].as_str().unwrap();
        let url = format!("{}{path}", self.forge.url());
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(who) = step["as"].as_str() {
            request = request.header("authorization", format!("token {}", self.token(who)));
        }
        if !step["body"].is_null() {
            request = request.json(&fill(&step["body"], &self.names));
        }
        let answer = request.send().await.unwrap();
        let base = self.forge.url().to_owned();
        let compare = Compare { base: &base };
        let mut differs = Vec::new();
        let status = answer.status().as_u16();
        if wanted["status"] != json!(status) {
            differs.push(format!(
                "status: got {status}, recorded {}",
                wanted["status"]
            ));
        }
        for name in ["x-total-count", "location", "link", "content-type"] {
            let header = answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            let got = header.map(|text| compare.plain(text));
            let recorded = wanted["headers"][name].as_str().map(digits);
            // A liveness check alone writes its type without a charset.
            if got != recorded && !(name == "content-type" && path == "/api/healthz") {
                differs.push(format!("{name}: got {got:?}, recorded {recorded:?}"));
            }
        }
        let text = answer.text().await.unwrap();
        let got = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        };
        if let Some(keep) = step["keep"].as_object() {
            for (name, pointer) in keep {
                let value = got.pointer(pointer.as_str().unwrap()).cloned();
                self.names.insert(name.clone(), value.unwrap_or_default());
            }
        }
        compare.compare("", "", &got, &wanted["body"], &mut differs);
        if !differs.is_empty() {
            let who = &step["as"];
            self.faults.push(format!(
                "step {at}: {method} {path} as {who}\n  {}",
                differs.join("\n  ")
            ));
        }
    }
}

fn fill_text(text: &str, names: &HashMap<String, Value>) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        text.replace(&format!("<{name}>"), &value)
    })
}

fn fill(value: &Value, names: &HashMap<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let whole = text
                .strip_prefix('<')
                .and_then(|text| text.strip_suffix('>'));
            let named = whole.and_then(|name| names.get(name)).cloned();
            named.unwrap_or_else(|| json!(fill_text(text, names)))
        }
        Value::Array(list) => list.iter().map(|item| fill(item, names)).collect(),
        Value::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, item)| (key.clone(), fill(item, names)));
            Value::Object(pairs.collect())
        }
        other => other.clone(),
    }
}
