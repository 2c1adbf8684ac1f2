//! The same over real HTTP, against a stock Gitea whose binary `ADF_TEST_GITEA`
//! names; without it the test says that it was skipped. A binary built without its
//! assets finds them under `ADF_TEST_GITEA_ROOT`.

use super::support::{BRANCH, BUNDLE_MAX, commit_all, factory, run, try_run};
use adf::{
    act::{
        deliver::{BRANCH_PREFIX, Deliver, Protected},
        git::{Git, GitAuth, GitErrorKind, Remote},
        workspace::{Identity, Spec},
    },
    model::{RunId, Sha, TaskId, Time, Work},
};
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(120);

struct Gitea {
    root: TempDir,
    child: Child,
    port: u16,
    token: String,
}

impl Drop for Gitea {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where a binary finds its assets that was built without them.
fn assets(binary: &Path) -> String {
    let beside = binary.with_file_name("gitea-src");
    variable("ADF_TEST_GITEA_ROOT")
        .map(PathBuf::from)
        .or_else(|| beside.is_dir().then_some(beside))
        .map(|at| format!("STATIC_ROOT_PATH = {}\n", at.display()))
        .unwrap_or_default()
}

fn command(binary: &Path, root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary);
    command
        .arg("-c")
        .arg(root.join("app.ini"))
        .args(args)
        .env("HOME", root)
        .env("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true")
        .current_dir(root);
    command
}

/// The last line that a command says; warnings may come before it.
fn last_line(command: Command) -> String {
    let text = said(command);
    text.trim().lines().last().unwrap_or_default().to_owned()
}

fn said(mut command: Command) -> String {
    let out = command.output().unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text} {error}");
    text
}

impl Gitea {
    async fn start(binary: &Path) -> Gitea {
        let root = TempDir::new().unwrap();
        let dir = root.path().to_owned();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let work = dir.display();
        let assets = assets(binary);
        let config = format!(
            "RUN_MODE = prod\nWORK_PATH = {work}\n[server]\nHTTP_ADDR = 127.0.0.1\n\
             HTTP_PORT = {port}\nROOT_URL = http://127.0.0.1:{port}/\nDISABLE_SSH = true\n\
             OFFLINE_MODE = true\n{assets}[database]\nDB_TYPE = sqlite3\nPATH = {work}/gitea.db\n\
             [security]\nINSTALL_LOCK = true\nSECRET_KEY = k\n[indexer]\nISSUE_INDEXER_TYPE = db\n[log]\nMODE = console\nLEVEL = Error\n"
        );
        fs::write(dir.join("app.ini"), config).unwrap();
        let token = tokio::task::spawn_blocking({
            let (binary, dir) = (binary.to_owned(), dir.clone());
            move || {
                said(command(&binary, &dir, &["migrate"]));
                let create = "admin user create --username owner1 --password Pw12345678 --email r@x.test \
                              --admin --must-change-password=false";
                let words: Vec<_> = create.split_whitespace().collect();
                said(command(&binary, &dir, &words));
                let token = "admin user generate-access-token -u owner1 -t t --scopes all --raw";
                let words: Vec<_> = token.split_whitespace().collect();
                last_line(command(&binary, &dir, &words))
            }
        })
        .await
        .unwrap();
        let child = command(binary, &dir, &["web"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let gitea = Gitea {
            root,
            child,
            port,
            token,
        };
        let up = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_err()
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(START_LIMIT, up).await.unwrap();
        gitea
    }

    /// An API call by the owner, which must be answered so.
    fn expect(&self, method: &str, path: &str, body: &str, status: u16) {
        let url = format!("http://127.0.0.1:{}/api/v1{path}", self.port);
        let header = format!("Authorization: token {}", self.token);
        let mut command = Command::new("curl");
        command.args(["-s", "-X", method, "-H", &header, "-d", body]);
        command.args([
            "-H",
            "Content-Type: application/json",
            "-w",
            "\n%{http_code}",
        ]);
        let text = said({
            command.arg(url);
            command
        });
        let (body, code) = text.rsplit_once('\n').unwrap();
        assert_eq!(code, status.to_string(), "{method} {path}: {body}")
    }

    fn remote(&self, path: &str, token: &str) -> Remote {
        let url = format!("http://127.0.0.1:{}/{path}", self.port);
        let auth = (!token.is_empty()).then(|| GitAuth::token(&token.into()));
        Remote::new(&url, auth).unwrap()
    }
}

/// One more commit in the agent's clone, taken.
async fn work(deliver: &Deliver, dir: &Path, base: &Sha, file: &str) -> Work {
    fs::write(dir.join(file), "x\n").unwrap();
    commit_all(dir, "Work");
    let bundle: PathBuf = dir.with_extension("bundle");
    let range = format!("{base}..HEAD");
    let to = bundle.to_str().unwrap();
    run(dir, &["bundle", "create", "-q", to, &range]);
    let (id, protected) = (RunId::from("abc123-1"), Protected::default());
    let take = deliver.take(&bundle, &id, base, BUNDLE_MAX, &protected);
    take.await.unwrap().unwrap()
}

fn spec(base: Sha) -> Spec {
    Spec {
        task: TaskId::from("abc123"),
        lease: 1,
        base,
        base_branch: "main".to_owned(),
        branch: BRANCH.to_owned(),
        start: None,
        caller: None,
        identity: Identity {
            name: "developer".to_owned(),
            email: "adf@localhost".to_owned(),
        },
        now: Time(0),
    }
}

/// A repository on the server, and a factory that pushed one head to it.
struct Site {
    gitea: Gitea,
    git: Git,
    remote: Remote,
    deliver: Deliver,
    head: Sha,
}

async fn delivered(gitea: Gitea) -> Site {
    let repo = r#"{"name":"r","auto_init":true,"default_branch":"main","private":true}"#;
    gitea.expect("POST", "/user/repos", repo, 201);
    let state = gitea.root.path().join("state");
    fs::create_dir(&state).unwrap();
    let remote = gitea.remote("owner1/r.git", &gitea.token);
    let (git, mirror, workspaces, deliver) = factory(&state, &remote);
    mirror.ensure().await.unwrap();
    deliver.ensure().await.unwrap();
    let base = mirror.base("main").await.unwrap();
    let dir = workspaces.ensure(&spec(base.clone())).await.unwrap().dir;

    let first = work(&deliver, &dir, &base, "a.txt").await;
    let push = deliver.push(&remote, BRANCH, &first.head, None).await;
    push.unwrap();
    let look = deliver.remote_head(&remote, BRANCH).await.unwrap();
    assert_eq!(look.as_ref(), Some(&first.head));
    let second = work(&deliver, &dir, &base, "b.txt").await;
    let stale = deliver.push(&remote, BRANCH, &second.head, None).await;
    assert_eq!(stale.unwrap_err().kind, GitErrorKind::StaleLease);
    let expect = Some(&first.head);
    let push = deliver.push(&remote, BRANCH, &second.head, expect).await;
    push.unwrap();
    let out = try_run(&dir, &["remote", "-v"]);
    assert!(out.stdout.is_empty(), "the clone never learnt of the forge");
    Site {
        gitea,
        git,
        remote,
        deliver,
        head: second.head,
    }
}

impl Site {
    async fn push_is_refused(&self, remote: &Remote, branch: &str, kind: GitErrorKind) {
        let there = (branch == BRANCH).then_some(&self.head);
        let push = self.deliver.push(remote, branch, &self.head, there).await;
        let error = push.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.to_string().contains(&self.gitea.token));
    }

    async fn look_is_refused(&self, path: &str, token: &str, kind: GitErrorKind) {
        let remote = self.gitea.remote(path, token);
        let error = self.git.remote_head(&remote, "main").await.unwrap_err();
        assert_eq!(error.kind, kind, "{path}: {error}");
    }
}

#[tokio::test]
async fn a_stock_gitea_takes_the_work_and_its_refusals_are_understood() {
    let Some(binary) = variable("ADF_TEST_GITEA") else {
        println!("SKIPPED a_stock_gitea_takes_the_work: ADF_TEST_GITEA names no binary");
        return;
    };
    let binary = Path::new(&binary);
    let site = delivered(Gitea::start(binary).await).await;
    let (gitea, token) = (&site.gitea, site.gitea.token.as_str());

    let wrong = "0123456789".repeat(4);
    for bad in [wrong.as_str(), ""] {
        let kind = GitErrorKind::Auth;
        site.look_is_refused("owner1/r.git", bad, kind).await;
    }
    let kind = GitErrorKind::NotFound;
    site.look_is_refused("owner1/none.git", token, kind).await;

    let reader =
        "admin user generate-access-token -u owner1 -t reader --raw --scopes read:repository";
    let words: Vec<_> = reader.split_whitespace().collect();
    let reader = last_line(command(binary, gitea.root.path(), &words));
    let narrow = gitea.remote("owner1/r.git", &reader);
    let seen = site.git.remote_head(&narrow, "main").await.unwrap();
    assert!(seen.is_some());
    site.push_is_refused(&narrow, BRANCH, GitErrorKind::Auth)
        .await;

    let guarded = format!("{BRANCH_PREFIX}guarded");
    let rule = format!(r#"{{"rule_name":"{guarded}","enable_push":false}}"#);
    gitea.expect("POST", "/repos/owner1/r/branch_protections", &rule, 201);
    site.push_is_refused(&site.remote, &guarded, GitErrorKind::Protected)
        .await;

    gitea.expect("PATCH", "/repos/owner1/r", r#"{"name":"r2"}"#, 200);
    let kind = GitErrorKind::Moved;
    site.look_is_refused("owner1/r.git", token, kind).await;
    gitea.expect("PATCH", "/repos/owner1/r2", r#"{"archived":true}"#, 200);
    let remote = gitea.remote("owner1/r2.git", token);
    site.push_is_refused(&remote, "adf/late", GitErrorKind::Archived)
        .await;
}
