//! The embedded forge as a host.

use super::world::{Account, Host, Who};
use adf::sandbox::{Forge, ForgeOptions, Permission};
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const OWNER: &str = "maria";

/// The embedded forge; ends with its value.
pub struct Embedded {
    forge: Forge,
    tokens: Vec<(Who, Account)>,
    dir: TempDir,
}

impl Embedded {
    /// Starts one with the people of the suite.
    pub async fn start() -> Embedded {
        let dir = tempfile::tempdir().expect("a directory");
        let options = ForgeOptions::new(dir.path().join("forge"));
        let forge = Forge::start(options).await.expect("it starts");
        let people = [
            (Who::Bot, "adf-bot"),
            (Who::Owner, OWNER),
            (Who::Writer, "writer1"),
            (Who::Stranger, "stranger1"),
        ];
        let mut tokens = Vec::new();
        for (who, login) in people {
            let user = forge.add_user(login).expect("an account");
            tokens.push((who, account(login, &user.token)));
        }
        let reading = ["read:repository", "read:issue", "read:user"];
        let reading = forge.add_token("adf-bot", &reading).expect("a token");
        tokens.push((Who::BotReading, account("adf-bot", &reading)));
        Embedded { forge, tokens, dir }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a person's own git deletes the branch"
    )]
    fn push_nothing(&self, repo: &str, branch: &str) {
        let url = self.forge.url().replacen(
            "://",
            &format!("://{OWNER}:{}@", self.account(Who::Owner).token),
            1,
        );
        let git = |args: &[&str]| {
            let status = Command::new("git")
                .args(args)
                .current_dir(self.dir.path())
                .stderr(Stdio::null())
                .status()
                .expect("git runs");
            assert!(status.success(), "git ended with {status}");
        };
        git(&["init", "--quiet", "."]);
        git(&[
            "push",
            "--quiet",
            &format!("{url}/{OWNER}/{repo}.git"),
            &format!(":refs/heads/{branch}"),
        ]);
    }
}

fn account(login: &str, token: &SecretString) -> Account {
    Account {
        login: login.to_owned(),
        token: token.expose_secret().to_owned(),
    }
}

fn full(repo: &str) -> String {
    format!("{OWNER}/{repo}")
}

/// A deed that is done by the time it is looked at.
fn done<'a>(deed: impl FnOnce() + Send + 'a) -> BoxFuture<'a, ()> {
    Box::pin(async move { deed() })
}

impl Host for Embedded {
    fn url(&self) -> String {
        self.forge.url().to_owned()
    }

    fn account(&self, who: Who) -> Account {
        let found = self.tokens.iter().find(|(name, _)| *name == who);
        found.expect("everybody has a token").1.clone()
    }

    fn lacks(&self) -> &'static [&'static str] {
        &[
            "switched_off_dependencies_are_none",
            "a_locked_conversation_refuses_strangers_and_takes_the_bot",
        ]
    }

    fn new_repo<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()> {
        done(move || {
            let files = [("README.md", "# Contract\n")];
            self.forge
                .add_repo(OWNER, name, &files)
                .expect("a repository");
            for login in ["adf-bot", "writer1"] {
                let write = Permission::Write;
                self.forge
                    .add_collaborator(&full(name), login, write)
                    .expect("a right");
            }
        })
    }

    fn new_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        done(move || {
            let file = format!("{}.txt", branch.replace('/', "-"));
            let files = [(file.as_str(), "hello\n")];
            self.forge
                .commit(&full(repo), branch, &files)
                .expect("a commit");
        })
    }

    fn delete_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move { tokio::task::block_in_place(|| self.push_nothing(repo, branch)) })
    }

    fn protect<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()> {
        done(move || {
            self.forge
                .protect_branch(&full(repo), branch)
                .expect("protected")
        })
    }

    fn archive<'a>(&'a self, repo: &'a str) -> BoxFuture<'a, ()> {
        done(move || self.forge.archive(&full(repo), true).expect("archived"))
    }

    fn rename<'a>(&'a self, repo: &'a str, to: &'a str) -> BoxFuture<'a, ()> {
        done(move || self.forge.rename(&full(repo), to).expect("renamed"))
    }

    fn depend<'a>(&'a self, repo: &'a str, issue: u64, on: u64) -> BoxFuture<'a, ()> {
        done(move || {
            self.forge
                .add_dependency(&full(repo), issue, on)
                .expect("linked")
        })
    }

    fn no_dependencies<'a>(&'a self, _repo: &'a str) -> BoxFuture<'a, ()> {
        panic!("the embedded forge always has dependencies; see `lacks`")
    }

    fn close<'a>(&'a self, repo: &'a str, issue: u64) -> BoxFuture<'a, ()> {
        done(move || self.forge.close_issue(&full(repo), issue).expect("closed"))
    }

    fn lock<'a>(&'a self, _repo: &'a str, _issue: u64) -> BoxFuture<'a, ()> {
        panic!("the embedded forge locks nothing; see `lacks`")
    }

    fn review<'a>(
        &'a self,
        repo: &'a str,
        pull: u64,
        who: Who,
        body: &'a str,
        inline: &'a [(&'a str, i64, &'a str)],
    ) -> BoxFuture<'a, ()> {
        done(move || {
            let login = self.account(who).login;
            self.forge
                .review(&full(repo), pull, &login, body, inline)
                .expect("reviewed");
        })
    }
}
