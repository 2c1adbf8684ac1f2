//! The same over real HTTP, against a stock Gitea whose binary `ADF_TEST_GITEA`
//! names; without it the test says that it was skipped. A binary built without its
//! assets finds them under `ADF_TEST_GITEA_ROOT`.

use super::support::{BRANCH, BUNDLE_MAX, commit_all, factory, run, try_run};
use adf::{
    act::{
        deliver::{BRANCH_PREFIX, Deliver, Protected},
        git::{GitAuth, GitErrorKind, Remote},
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

fn gitea(binary: &Path, root: &Path, args: &[&str]) -> Command {
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
                said(gitea(&binary, &dir, &["migrate"]));
                let create = "admin user create --username owner1 --password Pw12345678 --email r@x.test \
                              --admin --must-change-password=false";
                let words: Vec<_> = create.split_whitespace().collect();
                said(gitea(&binary, &dir, &words));
                let token = "admin user generate-access-token -u owner1 -t t --scopes all --raw";
                let words: Vec<_> = token.split_whitespace().collect();
                last_line(gitea(&binary, &dir, &words))
            }
        })
        .await
        .unwrap();
        let child = gitea(binary, &dir, &["web"])
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

    /// An API call by the owner; its status and answer.
    fn api(&self, method: &str, path: &str, body: &str) -> (u16, String) {
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
        (code.parse().unwrap(), body.to_owned())
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
        identity: Identity {
            name: "developer".to_owned(),
            email: "adf@localhost".to_owned(),
        },
        now: Time(0),
    }
}

#[tokio::test]
async fn a_stock_gitea_takes_the_work_and_its_refusals_are_understood() {
    #[expect(
        clippy::disallowed_methods,
        reason = "names the binary to test against"
    )]
    let Ok(binary) = std::env::var("ADF_TEST_GITEA") else {
        println!("SKIPPED a_stock_gitea_takes_the_work: ADF_TEST_GITEA names no binary");
        return;
    };
    let gitea = Gitea::start(Path::new(&binary)).await;
    let repo = r#"{"name":"r","auto_init":true,"default_branch":"main","private":true}"#;
    let (code, answer) = gitea.api("POST", "/user/repos", repo);
    assert_eq!(code, 201, "{answer}");
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
    let push = deliver
        .push(&remote, BRANCH, &second.head, Some(&first.head))
        .await;
    push.unwrap();

    for (path, token, kind) in [
        (
            "owner1/r.git",
            "0123456789012345678901234567890123456789",
            GitErrorKind::Auth,
        ),
        ("owner1/r.git", "", GitErrorKind::Auth),
        (
            "owner1/none.git",
            gitea.token.as_str(),
            GitErrorKind::NotFound,
        ),
    ] {
        let error = git.remote_head(&gitea.remote(path, token), "main").await;
        let error = error.unwrap_err();
        assert_eq!(error.kind, kind, "{path}: {error}");
    }

    let reader = [
        "admin",
        "user",
        "generate-access-token",
        "-u",
        "owner1",
        "-t",
        "reader",
        "--raw",
        "--scopes",
        "read:repository",
    ];
    let narrow = last_line(super::gitea::gitea(
        Path::new(&binary),
        gitea.root.path(),
        &reader,
    ));
    let narrow = gitea.remote("owner1/r.git", &narrow);
    assert!(git.remote_head(&narrow, "main").await.unwrap().is_some());
    let error = deliver
        .push(&narrow, BRANCH, &first.head, Some(&second.head))
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::Auth, "{error}");

    let rule = format!(r#"{{"rule_name":"{BRANCH_PREFIX}guarded","enable_push":false}}"#);
    let (code, answer) = gitea.api("POST", "/repos/owner1/r/branch_protections", &rule);
    assert_eq!(code, 201, "{answer}");
    let guarded = format!("{BRANCH_PREFIX}guarded");
    let error = deliver.push(&remote, &guarded, &second.head, None).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::Protected, "{error}");

    let renamed = gitea.api("PATCH", "/repos/owner1/r", r#"{"name":"r2"}"#);
    assert_eq!(renamed.0, 200);
    let error = git.remote_head(&remote, "main").await.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::Moved, "{error}");
    let remote = gitea.remote("owner1/r2.git", &gitea.token);
    let archived = gitea.api("PATCH", "/repos/owner1/r2", r#"{"archived":true}"#);
    assert_eq!(archived.0, 200);
    let error = deliver.push(&remote, "adf/late", &second.head, None).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, GitErrorKind::Archived, "{error}");
    assert!(!error.to_string().contains(&gitea.token));
    let out = try_run(&dir, &["remote", "-v"]);
    assert!(out.stdout.is_empty(), "the clone never learnt of the forge");
}
