//! The embedded forge as a world: real git, people with rights, faults, pages.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use adf::{
    clock::Clock,
    model::Time,
    sandbox::{
        Fault, FaultKind, Forge, ForgeOptions, Permission, agent, demo_world, git, serve_until,
    },
};
use reqwest::{Client, Method, StatusCode, redirect::Policy};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};
use tempfile::TempDir;

const REPO: &str = "alice/box";
const ISSUES: &str = "/api/v1/repos/alice/box/issues";

/// A forge with alice (owner), bob (writer), carol (stranger) and one issue.
struct Yard {
    home: TempDir,
    forge: Forge,
    clock: Clock,
    http: Client,
    alice: String,
    bob: String,
    carol: String,
}

impl Yard {
    async fn new() -> Yard {
        Yard::in_zone(0).await
    }

    async fn in_zone(minutes: i32) -> Yard {
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

    fn request(&self, method: Method, path: &str, token: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.forge.url());
        self.http
            .request(method, url)
            .header("authorization", format!("token {token}"))
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self
            .request(Method::GET, path, &self.alice)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    async fn say(&self, body: &str) -> reqwest::Result<reqwest::Response> {
        let path = format!("{ISSUES}/1/comments");
        self.request(Method::POST, &path, &self.bob)
            .json(&json!({"body": body}))
            .send()
            .await
    }

    /// A clone by `token`, made by real git.
    async fn clone_as(&self, token: &str, name: &str) -> std::path::PathBuf {
        let dir = self.home.path().join(name);
        let url = self.url_as(token);
        let (home, at) = (self.home.path().to_owned(), dir.clone());
        blocking(move || git::text(&home, &["clone", "-q", &url, &at.to_string_lossy()]))
            .await
            .unwrap();
        dir
    }

    fn url_as(&self, token: &str) -> String {
        self.forge
            .url()
            .replace("http://", &format!("http://x:{token}@"))
            + "/alice/box.git"
    }
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let limit = Duration::from_secs(20);
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .timeout(limit)
        .build()
        .unwrap()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Runs git on a thread that may block; the forge answers meanwhile.
async fn in_git(dir: &Path, args: &[&str]) -> std::io::Result<String> {
    let dir = dir.to_owned();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    blocking(move || git::text(&dir, &args)).await
}

fn write(dir: &Path, path: &str, text: &str) {
    std::fs::write(dir.join(path), text).unwrap();
}

#[tokio::test]
async fn a_pushed_branch_becomes_a_pull_request_and_a_merge_on_main() {
    let yard = Yard::new().await;
    let dir = yard.clone_as(&yard.bob, "clone").await;
    write(&dir, "README.md", "# box\n\nWith words.\n");
    in_git(&dir, &["commit", "-qam", "Say more"]).await.unwrap();
    in_git(&dir, &["push", "-q", "origin", "HEAD:refs/heads/adf/1-fix"])
        .await
        .unwrap();
    let head = in_git(&dir, &["rev-parse", "HEAD"]).await.unwrap();
    assert_eq!(
        yard.forge.branches(REPO)[0],
        ("adf/1-fix".to_owned(), head.clone())
    );

    let body =
        json!({"head": "adf/1-fix", "base": "main", "title": "Say more", "body": "Closes #1"});
    let path = "/api/v1/repos/alice/box/pulls";
    let answer = yard
        .request(Method::POST, path, &yard.bob)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let pulls = yard.forge.pulls(REPO);
    assert_eq!(
        (pulls[0].number, pulls[0].state, pulls[0].head_sha.as_str()),
        (2, "open", head.as_str())
    );

    write(&dir, "README.md", "# box\n\nWith more words.\n");
    in_git(&dir, &["commit", "-qam", "Say still more"])
        .await
        .unwrap();
    in_git(&dir, &["push", "-q", "origin", "HEAD:refs/heads/adf/1-fix"])
        .await
        .unwrap();
    let moved = yard.forge.pulls(REPO)[0].head_sha.clone();
    assert_ne!(moved, head);

    let merge = json!({"Do": "merge", "head_commit_id": moved});
    let answer = yard
        .request(Method::POST, &format!("{path}/2/merge"), &yard.alice)
        .json(&merge);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(yard.forge.pulls(REPO)[0].state, "merged");
    assert_eq!(yard.forge.commits(REPO, "main")[0].parents.len(), 2);
    let text = yard.forge.file_at(REPO, "main", "README.md");
    assert_eq!(text.as_deref(), Some("# box\n\nWith more words.\n"));
    assert!(
        !yard.forge.issue(REPO, 1).unwrap().open,
        "a merged keyword closes its issue"
    );
}

#[tokio::test]
async fn a_protected_branch_refuses_a_push_and_keeps_its_commit() {
    let yard = Yard::new().await;
    yard.forge.protect_branch(REPO, "main").unwrap();
    let before = yard.forge.branches(REPO);
    let dir = yard.clone_as(&yard.alice, "clone").await;
    write(&dir, "README.md", "changed\n");
    in_git(&dir, &["commit", "-qam", "Change"]).await.unwrap();
    let refused = in_git(&dir, &["push", "-q", "origin", "HEAD:main"])
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("Not allowed to push to protected branch main"),
        "{refused}"
    );
    assert_eq!(yard.forge.branches(REPO), before);
}

#[tokio::test]
async fn a_lease_that_is_stale_is_refused_and_one_that_holds_moves_the_branch() {
    let yard = Yard::new().await;
    let sha = yard.forge.commit(REPO, "topic", &[("a", "1\n")]).unwrap();
    let dir = yard.clone_as(&yard.bob, "clone").await;
    write(&dir, "README.md", "other\n");
    in_git(&dir, &["commit", "-qam", "Other"]).await.unwrap();
    let stale = format!("--force-with-lease=topic:{}", "1".repeat(40));
    assert!(
        in_git(&dir, &["push", "-q", &stale, "origin", "HEAD:topic"])
            .await
            .is_err()
    );
    let held = format!("--force-with-lease=topic:{sha}");
    in_git(&dir, &["push", "-q", &held, "origin", "HEAD:topic"])
        .await
        .unwrap();
    assert_eq!(yard.forge.file_at(REPO, "topic", "a"), None);
}

#[tokio::test]
async fn a_stranger_cannot_clone_what_is_hidden() {
    let yard = Yard::new().await;
    yard.forge.hide(REPO, true).unwrap();
    let (home, url) = (yard.home.path(), yard.url_as(&yard.carol));
    let refused = in_git(home, &["clone", "-q", &url, "nope"])
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("not found"), "{refused}");
    yard.clone_as(&yard.bob, "yes").await;
}

#[tokio::test]
async fn an_edited_old_comment_is_found_by_since_at_its_old_place() {
    let yard = Yard::in_zone(120).await;
    let old = yard.forge.comment(REPO, 1, "carol", "first").unwrap();
    yard.clock.set(Time::from_seconds(1_790_000_100));
    let new = yard.forge.comment(REPO, 1, "carol", "second").unwrap();
    yard.clock.set(Time::from_seconds(1_790_000_200));
    yard.forge
        .edit_comment(REPO, old, "bob", "first, edited by another")
        .unwrap();
    assert!(yard.forge.edit_comment(REPO, new, "stranger", "x").is_err());

    let since = |seconds: i64| {
        let time = chrono::DateTime::from_timestamp(seconds, 0)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%SZ");
        format!("{ISSUES}/comments?since={time}")
    };
    let ids = |rows: Value| -> Vec<i64> {
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_i64().unwrap())
            .collect()
    };
    assert_eq!(ids(yard.get(&since(1_790_000_100)).await), vec![old, new]);
    assert_eq!(ids(yard.get(&since(1_790_000_200)).await), vec![old]);
    assert_eq!(
        ids(yard.get(&since(1_790_000_201)).await),
        Vec::<i64>::new()
    );
    let row = yard.get(&format!("{ISSUES}/comments/{old}")).await;
    assert_eq!(row["user"]["login"], "carol");
    assert!(
        row["updated_at"].as_str().unwrap().ends_with("+02:00"),
        "{row}"
    );
}

#[tokio::test]
async fn the_date_header_is_the_servers_clock() {
    let yard = Yard::new().await;
    let answer = yard
        .request(Method::GET, "/api/v1/version", &yard.alice)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["date"], "Mon, 21 Sep 2026 14:13:20 GMT");
}

#[tokio::test]
async fn a_status_fault_is_not_handled_and_passes_after_its_times() {
    let yard = Yard::new().await;
    let kind = FaultKind::Status {
        status: 429,
        retry_after: Some(7),
    };
    yard.forge
        .push_fault(Fault::new("POST *comments*", kind).times(1));
    let answer = yard.say("hello").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert!(yard.forge.comments(REPO, 1).is_empty());
    assert_eq!(
        yard.say("hello").await.unwrap().status(),
        StatusCode::CREATED
    );
    let log = yard.forge.request_log();
    assert_eq!(
        log.iter().map(|line| line.status).collect::<Vec<_>>(),
        vec![429, 201]
    );
    assert_eq!((log[0].method.as_str(), yard.forge.requests()), ("POST", 2));
}

#[tokio::test]
async fn a_dropped_request_leaves_nothing_and_a_lost_answer_leaves_the_comment() {
    let yard = Yard::new().await;
    yard.forge
        .push_fault(Fault::new("POST *", FaultKind::Drop).times(1));
    assert!(yard.say("lost").await.is_err());
    assert!(yard.forge.comments(REPO, 1).is_empty());
    yard.forge
        .push_fault(Fault::new("POST *", FaultKind::DropAfter).times(1));
    assert!(yard.say("kept").await.is_err());
    let bodies: Vec<String> = yard
        .forge
        .comments(REPO, 1)
        .into_iter()
        .map(|it| it.body)
        .collect();
    assert_eq!(bodies, vec!["kept"]);
    assert_eq!(yard.forge.request_log()[1].status, 0);
}

#[tokio::test]
async fn a_cut_body_has_its_status_and_no_end() {
    let yard = Yard::new().await;
    yard.forge
        .push_fault(Fault::new("GET *", FaultKind::CutBody).times(1));
    let path = "/api/v1/repos/alice/box";
    let answer = yard
        .request(Method::GET, path, &yard.alice)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.is_err());
    assert_eq!(yard.get(path).await["full_name"], REPO);
}

#[tokio::test]
async fn a_redirect_and_a_page_of_html_come_in_place_of_the_answer() {
    let yard = Yard::new().await;
    let kind = FaultKind::Redirect {
        status: 301,
        location: "/elsewhere".into(),
    };
    yard.forge.push_fault(Fault::new("POST *", kind));
    let answer = yard.say("hello").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (301, &"/elsewhere".parse().unwrap())
    );
    yard.forge.clear_faults();
    yard.forge
        .push_fault(Fault::new("GET *", FaultKind::Garbage).after(1));
    let path = "/api/v1/version";
    assert_eq!(yard.get(path).await["version"], "1.25.4");
    let answer = yard
        .request(Method::GET, path, &yard.alice)
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().contains("<html>"));
}

#[tokio::test]
async fn a_late_answer_is_late_for_its_caller_only() {
    let yard = Yard::new().await;
    let hour = FaultKind::Latency(Duration::from_secs(3600));
    yard.forge
        .push_fault(Fault::new("POST *comments", hour).times(1));
    let patient = yard.say("slow");
    let quick = async {
        // The slow one is handled before it waits.
        for _ in 0..1000 {
            if !yard.forge.comments(REPO, 1).is_empty() {
                return yard.get("/api/v1/version").await;
            }
            tokio::task::yield_now().await;
            let _ = yard.get("/api/v1/version").await;
        }
        Value::Null
    };
    tokio::select! {
        _ = patient => panic!("the slow answer came first"),
        version = quick => assert_eq!(version["version"], "1.25.4"),
    }
}

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

#[tokio::test]
async fn it_refuses_to_listen_beyond_loopback_and_stops_with_its_last_handle() {
    let home = tempfile::tempdir().unwrap();
    let mut options = ForgeOptions::new(home.path());
    options.bind = Some("0.0.0.0:0".parse().unwrap());
    assert!(Forge::start(options.clone()).await.is_err());
    options.bind = None;
    let mut url = String::new();
    serve_until(options, |forge| url = forge.url().to_owned(), async {})
        .await
        .unwrap();
    let version = format!("{url}/api/v1/version");
    for _ in 0..1000 {
        if client().get(&version).send().await.is_err() {
            return;
        }
    }
    panic!("it still answers");
}

#[tokio::test]
async fn the_demo_world_has_a_real_bug_that_the_scripted_agent_mends() {
    let home = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(home.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    assert_eq!(
        forge
            .issue(&world.repo, world.issues[1])
            .unwrap()
            .depends_on,
        vec![world.bug, world.issues[2]]
    );
    let lib = forge.file_at(&world.repo, "main", "src/lib.rs").unwrap();
    assert!(lib.contains(demo_world::WRONG));

    let url = forge.url().replace(
        "http://",
        &format!("http://x:{}@", world.bot.token.expose_secret()),
    );
    let url = format!("{url}/{}.git", world.repo);
    in_git(home.path(), &["clone", "-q", &url, "work"])
        .await
        .unwrap();
    let dir = home.path().join("work");
    let mut said = Vec::new();
    let code = agent::run("happy", &dir, "please fix it", None, &mut said);
    let said = String::from_utf8(said).unwrap();
    assert_eq!(code, 0, "{said}");
    assert!(
        said.lines()
            .all(|line| serde_json::from_str::<Value>(line).unwrap()["type"] == "step")
    );
    let text = std::fs::read_to_string(dir.join("src/lib.rs")).unwrap();
    assert!(text.contains(demo_world::RIGHT) && !text.contains(demo_world::WRONG));
    assert_eq!(
        in_git(&dir, &["rev-list", "--count", "HEAD"])
            .await
            .unwrap(),
        "2"
    );
    assert_eq!(in_git(&dir, &["status", "--porcelain"]).await.unwrap(), "");
}

#[test]
fn the_scripted_agent_can_be_silent_and_can_fail() {
    let home = tempfile::tempdir().unwrap();
    let play = |scenario: &str| agent::run(scenario, home.path(), "", None, &mut Vec::new());
    assert_eq!(
        (play("silent"), play("fail"), play("unheard-of")),
        (0, 3, 70)
    );
    assert_eq!(agent::scenarios(), vec!["happy", "silent", "fail"]);
}
