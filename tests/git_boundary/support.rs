//! A forge that is a bare repository, a factory beside it, and an agent's hands.

use adf::{
    act::{
        deliver::{Deliver, Protected},
        git::{Git, Remote},
        workspace::{Identity, Mirror, Spec, Workspace, Workspaces},
    },
    model::{RunId, Sha, TaskId, Time, Work},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};
use tempfile::TempDir;

pub const BUNDLE_MAX: u64 = 10 << 20;
pub const BRANCH: &str = "adf/7-developer-abc123";

pub struct World {
    pub root: TempDir,
    pub git: Git,
    pub remote: Remote,
    pub mirror: Arc<Mirror>,
    pub workspaces: Workspaces,
    pub deliver: Deliver,
    pub base: Sha,
}

impl World {
    /// A forge with one commit on `main` and a factory that has seen it.
    pub async fn new() -> World {
        let root = TempDir::new().unwrap();
        let seed = root.path().join("seed");
        let forge = root.path().join("forge.git");
        run(root.path(), &["init", "-q", "-b", "main", "seed"]);
        fs::create_dir_all(seed.join("src")).unwrap();
        fs::write(seed.join("src/lib.rs"), "pub fn one() -> u32 { 2 }\n").unwrap();
        fs::write(seed.join("README.md"), "# Seed\n").unwrap();
        commit_all(&seed, "Seed");
        let forge_text = forge.to_str().unwrap();
        run(root.path(), &["clone", "-q", "--bare", "seed", forge_text]);
        let remote = Remote::new(forge_text, None).unwrap();
        let (git, mirror, workspaces, deliver) = factory(root.path(), &remote);
        mirror.ensure().await.unwrap();
        deliver.ensure().await.unwrap();
        let base = mirror.base("main").await.unwrap();
        World {
            root,
            git,
            remote,
            mirror,
            workspaces,
            deliver,
            base,
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn forge(&self) -> PathBuf {
        self.path("forge.git")
    }

    /// Pushes a change to the forge's branch as a person would.
    pub fn person_pushes(&self, branch: &str, file: &str, text: &str) -> Sha {
        let seed = self.path("seed");
        run(&seed, &["checkout", "-q", "-B", branch]);
        let path = seed.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        commit_all(&seed, "A person's change");
        let forge = self.forge();
        run(
            &seed,
            &["push", "-q", "-f", forge.to_str().unwrap(), branch],
        );
        Sha(run(&seed, &["rev-parse", "HEAD"]))
    }

    pub fn spec(&self) -> Spec {
        Spec {
            task: TaskId::from("abc123"),
            lease: 1,
            base: self.base.clone(),
            base_branch: "main".to_owned(),
            branch: BRANCH.to_owned(),
            start: None,
            caller: None,
            identity: Identity {
                name: "developer (adf)".to_owned(),
                email: "adf@localhost".to_owned(),
            },
            now: Time(1_000),
        }
    }

    pub async fn workspace(&self) -> Workspace {
        self.workspaces.ensure(&self.spec()).await.unwrap()
    }

    /// The bundle that the agent's side makes of its workspace.
    pub fn bundle(&self, dir: &Path) -> PathBuf {
        let to = self.path("run.bundle");
        let range = format!("{}..HEAD", self.base);
        run(
            dir,
            &["bundle", "create", "-q", to.to_str().unwrap(), &range],
        );
        to
    }

    pub async fn take(
        &self,
        bundle: &Path,
    ) -> Result<Option<Work>, adf::act::deliver::DeliverError> {
        let run = RunId::from("abc123-1");
        let protected = Protected::default();
        self.deliver
            .take(bundle, &run, &self.base, BUNDLE_MAX, &protected)
            .await
    }

    /// A workspace with `file` written and committed, taken.
    pub async fn taken(&self, file: &str, text: &str) -> (PathBuf, Work) {
        let dir = self.workspace().await.dir;
        let path = dir.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        commit_all(&dir, "Work");
        let work = self.take(&self.bundle(&dir)).await.unwrap().unwrap();
        (dir, work)
    }
}

pub fn factory(state: &Path, remote: &Remote) -> (Git, Arc<Mirror>, Workspaces, Deliver) {
    let git = Git::new(state.join("git-home"));
    let mirror = Arc::new(Mirror::new(git.clone(), state, remote.clone()));
    let deliver = Deliver::new(git.clone(), state, mirror.dir());
    let workspaces = Workspaces::new(git.clone(), state, mirror.clone(), deliver.dir());
    (git, mirror, workspaces, deliver)
}

/// Git as an agent or a person runs it.
pub fn try_run(dir: &Path, args: &[&str]) -> Output {
    Command::new("git")
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Somebody")
        .env("GIT_AUTHOR_EMAIL", "some@body.test")
        .env("GIT_COMMITTER_NAME", "Somebody")
        .env("GIT_COMMITTER_EMAIL", "some@body.test")
        .output()
        .unwrap()
}

pub fn run(dir: &Path, args: &[&str]) -> String {
    let out = try_run(dir, args);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {said}");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

pub fn commit_all(dir: &Path, subject: &str) {
    run(dir, &["add", "-A"]);
    run(dir, &["commit", "-q", "-m", subject]);
}

/// Writes a git object from raw bytes, however malformed.
pub fn raw_object(dir: &Path, kind: &str, bytes: &[u8]) -> String {
    let file = dir.join(".git/object.bin");
    fs::write(&file, bytes).unwrap();
    let name = file.to_str().unwrap();
    let args = ["hash-object", "-t", kind, "--literally", "-w", name];
    run(dir, &args)
}

/// A commit of a tree made of raw entries, on the branch `raw`, in a bundle.
pub fn bundle_of_tree(world: &World, dir: &Path, entries: &[(&str, &str, &str)]) -> PathBuf {
    let mut tree = Vec::new();
    for (mode, name, id) in entries {
        tree.extend(format!("{mode} {name}\0").into_bytes());
        tree.extend(hex::decode(id).unwrap());
    }
    let tree = raw_object(dir, "tree", &tree);
    let commit = run(dir, &["commit-tree", "-p", "HEAD", "-m", "raw", &tree]);
    run(dir, &["update-ref", "refs/heads/raw", &commit]);
    let to = world.path("raw.bundle");
    let range = format!("^{}", world.base);
    let to_text = to.to_str().unwrap();
    run(dir, &["bundle", "create", "-q", to_text, "raw", &range]);
    to
}
