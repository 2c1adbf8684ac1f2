//! A forge with the demo's people and issues, as they see it.
//!
//! Invariant: looking costs the forge no request; waiting is for a condition
//! that people could see, with a bound that only a fault reaches.

use adf::{
    clock::Clock,
    sandbox::{
        CommentView, Forge, ForgeOptions, PullView,
        demo_world::{self, DemoWorld},
    },
};
use std::{fmt::Debug, path::PathBuf, time::Duration};
use tempfile::TempDir;
use tokio::time::{interval, timeout};

/// No condition in these tests takes longer on a slow machine.
pub const BOUND: Duration = Duration::from_secs(90);

/// What alice asks for where it does not matter what.
pub const MENTION: &str = "@adf:developer please fix the off-by-one in src/lib.rs";

/// The forge and who is on it; ends with its value.
pub struct Plant {
    pub forge: Forge,
    pub world: DemoWorld,
    pub home: TempDir,
}

/// What the factory's account has left of one issue's work.
#[derive(Debug, PartialEq, Eq)]
pub struct Traces {
    pub accepts: usize,
    pub results: usize,
    pub replies: usize,
    pub branches: usize,
    pub pulls: usize,
}

/// One of each, as a delivered task leaves it.
pub const DELIVERED: Traces = Traces {
    accepts: 1,
    results: 1,
    replies: 0,
    branches: 1,
    pulls: 1,
};

/// Nothing at all.
pub const NOTHING: Traces = Traces {
    accepts: 0,
    results: 0,
    replies: 0,
    branches: 0,
    pulls: 0,
};

/// One reply, and nothing done.
pub const REPLIED: Traces = Traces {
    replies: 1,
    ..NOTHING
};

impl Plant {
    pub async fn new() -> Plant {
        Plant::at(Clock::System).await
    }

    /// A forge by another clock.
    pub async fn at(clock: Clock) -> Plant {
        let home = tempfile::tempdir().unwrap();
        let options = ForgeOptions {
            clock,
            ..ForgeOptions::new(home.path().join("forge"))
        };
        let forge = Forge::start(options).await.unwrap();
        let world = demo_world::build(&forge).unwrap();
        Plant { forge, world, home }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    /// Somebody comments; gives the comment's id.
    pub fn say(&self, issue: u64, who: &str, text: &str) -> i64 {
        self.forge
            .comment(&self.world.repo, issue, who, text)
            .unwrap()
    }

    /// Comments of the factory's account that carry a mark of this kind.
    pub fn marked(&self, issue: u64, kind: &str) -> Vec<CommentView> {
        let mark = format!("kind={kind} ");
        let mut comments = self.forge.comments(&self.world.repo, issue);
        comments.retain(|c| {
            c.author == self.world.bot.login
                && c.body
                    .split_once("<!-- adf:1 ")
                    .is_some_and(|(_, rest)| rest.contains(&mark))
        });
        comments
    }

    /// The factory's branches for an issue.
    pub fn branches(&self, issue: u64) -> Vec<String> {
        let prefix = format!("adf/{issue}-");
        let all = self.forge.branches(&self.world.repo).into_iter();
        all.map(|(name, _)| name)
            .filter(|name| name.starts_with(&prefix))
            .collect()
    }

    /// The factory's pull requests for an issue.
    pub fn pulls(&self, issue: u64) -> Vec<PullView> {
        let prefix = format!("adf/{issue}-");
        let all = self.forge.pulls(&self.world.repo).into_iter();
        all.filter(|pull| pull.head.starts_with(&prefix)).collect()
    }

    pub fn traces(&self, issue: u64) -> Traces {
        Traces {
            accepts: self.marked(issue, "accept").len(),
            results: self.marked(issue, "result").len(),
            replies: self.marked(issue, "reply").len(),
            branches: self.branches(issue).len(),
            pulls: self.pulls(issue).len(),
        }
    }

    /// Waits for the comment that ends the issue's task and gives its text.
    pub async fn result(&self, issue: u64) -> String {
        self.first_marked(issue, "result").await
    }

    /// Waits for the one reply and gives its text.
    pub async fn reply(&self, issue: u64) -> String {
        self.first_marked(issue, "reply").await
    }

    async fn first_marked(&self, issue: u64, kind: &str) -> String {
        until(&format!("a {kind} under #{issue}"), || {
            self.marked(issue, kind).pop()
        })
        .await
        .body
    }

    /// Waits until the comment that accepts the issue's task says this.
    pub async fn status(&self, issue: u64, text: &str) -> CommentView {
        until(&format!("`{text}` in the acceptance of #{issue}"), || {
            let found = self.marked(issue, "accept").pop();
            found.filter(|comment| comment.body.contains(text))
        })
        .await
    }
}

/// Waits until a look finds what it looks for.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        let mut pace = interval(Duration::from_millis(20));
        loop {
            pace.tick().await;
            if let Some(found) = look() {
                return found;
            }
        }
    };
    let found = timeout(BOUND, wait).await;
    found.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Waits until a condition holds.
pub async fn until_true(what: &str, mut holds: impl FnMut() -> bool) {
    until(what, || holds().then_some(())).await;
}

/// Waits until a value is as wanted, and shows it where it never was.
pub async fn until_is<T: PartialEq + Debug>(wanted: T, mut look: impl FnMut() -> T) {
    let mut seen = look();
    let wait = async {
        let mut pace = interval(Duration::from_millis(20));
        while seen != wanted {
            pace.tick().await;
            seen = look();
        }
    };
    let met = timeout(BOUND, wait).await.is_ok();
    assert!(met, "never {wanted:?}; it is {seen:?}");
}
