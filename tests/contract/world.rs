//! What a claim stands on: a host, its people and a fresh repository.

use adf::{
    clock::Clock,
    forge::{Client, ForgeConfig},
    model::Time,
};
use futures_util::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// The people of every host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The factory's own account; may write.
    Bot,
    /// The bot, with a token that may only read.
    BotReading,
    /// Owns the repository.
    Owner,
    /// May write.
    Writer,
    /// May read, because everybody may.
    Stranger,
}

/// An account and a token for it.
#[derive(Clone, Debug)]
pub struct Account {
    /// As the forge spells it.
    pub login: String,
    /// All scopes, but for [`Who::BotReading`]; of the bot `write:repository`, `write:issue`, `read:user`.
    pub token: String,
}

/// A running forge, and what a test must be able to do to it from outside.
pub trait Host: Send + Sync {
    /// Its root.
    fn url(&self) -> String;
    /// One of its people.
    fn account(&self, who: Who) -> Account;
    /// Claims about things that this host does not have; they are named as skipped.
    fn lacks(&self) -> &'static [&'static str] {
        &[]
    }
    /// Makes a public repository of the owner with one commit on `main`, where
    /// the bot and the writer may write.
    fn new_repo<'a>(&'a self, name: &'a str) -> BoxFuture<'a, ()>;
    /// Makes a branch off `main` with one commit more.
    fn new_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()>;
    /// Deletes a branch.
    fn delete_branch<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()>;
    /// Protects a branch so that nobody may push to it.
    fn protect<'a>(&'a self, repo: &'a str, branch: &'a str) -> BoxFuture<'a, ()>;
    /// Archives a repository.
    fn archive<'a>(&'a self, repo: &'a str) -> BoxFuture<'a, ()>;
    /// Renames a repository.
    fn rename<'a>(&'a self, repo: &'a str, to: &'a str) -> BoxFuture<'a, ()>;
    /// Makes `issue` depend on `on`.
    fn depend<'a>(&'a self, repo: &'a str, issue: u64, on: u64) -> BoxFuture<'a, ()>;
    /// Switches dependencies off.
    fn no_dependencies<'a>(&'a self, repo: &'a str) -> BoxFuture<'a, ()>;
    /// Closes an issue or pull request.
    fn close<'a>(&'a self, repo: &'a str, issue: u64) -> BoxFuture<'a, ()>;
    /// Locks the conversation of an issue.
    fn lock<'a>(&'a self, repo: &'a str, issue: u64) -> BoxFuture<'a, ()>;
    /// Sends a review with comments on lines, as (path, line, text).
    fn review<'a>(
        &'a self,
        repo: &'a str,
        pull: u64,
        who: Who,
        body: &'a str,
        inline: &'a [(&'a str, i64, &'a str)],
    ) -> BoxFuture<'a, ()>;
}

/// A fresh repository on a host.
#[derive(Clone)]
pub struct Ground {
    /// The host.
    pub host: Arc<dyn Host>,
    /// The repository's name.
    pub repo: String,
}

impl Ground {
    /// The production client of the bot.
    pub fn bot(&self) -> Client {
        self.client(Who::Bot)
    }

    /// The production client with somebody's token.
    pub fn client(&self, who: Who) -> Client {
        self.client_of(&self.repo, &self.host.account(who).token)
    }

    /// The production client of another repository or token.
    pub fn client_of(&self, repo: &str, token: &str) -> Client {
        let config = ForgeConfig {
            url: self.host.url(),
            owner: self.login(Who::Owner),
            repo: repo.to_owned(),
            token: token.to_owned().into(),
            concurrency: 4,
            user_agent: "adf-contract".to_owned(),
        };
        Client::new(config, Clock::System).expect("a client")
    }

    /// Somebody's login.
    pub fn login(&self, who: Who) -> String {
        self.host.account(who).login
    }

    /// An issue opened by the owner.
    pub async fn issue(&self, title: &str) -> u64 {
        let owner = self.client(Who::Owner);
        owner
            .create_issue(title, "what is wrong")
            .await
            .expect("an issue")
            .number
    }

    /// Waits until the server's clock shows a later second than `at`.
    pub async fn later_than(&self, at: Time) {
        const TRIES: u32 = 20_000;
        let bot = self.bot();
        for _ in 0..TRIES {
            let listing = bot.comments_since(Time::from_seconds(4_000_000_000)).await;
            let now = listing.expect("a list").server_time.expect("a Date header");
            if now.seconds() > at.seconds() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the server's clock stands still at {at:?}");
    }
}

/// A time one second later.
pub fn next_second(at: Time) -> Time {
    at.plus(Duration::from_secs(1))
}
