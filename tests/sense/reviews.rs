//! Mentions in reviews and inline comments become facts, once, whatever happens.

use adf::clock::Clock;
use adf::forge::{Client, ForgeConfig};
use adf::mention::marker::MarkerKey;
use adf::model::{Mention, PassageKind, Time, World};
use adf::sandbox::{Fault, FaultKind, Forge, ForgeOptions, Permission};
use adf::sense::{Poller, Sources, Wiring};
use adf::store::{self, Ledger};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const REPO: &str = "alice/shop";
const FILE: &str = "topic.txt";

/// A forge with a pull request of bob, and a poller that has read it.
struct Eye {
    forge: Forge,
    clock: Clock,
    ledger: Ledger,
    poller: Poller,
    pull: u64,
    dir: TempDir,
}

impl Eye {
    async fn open() -> Eye {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Time::from_seconds(1_790_000_000));
        let options = ForgeOptions {
            clock: clock.clone(),
            ..ForgeOptions::new(dir.path().join("forge"))
        };
        let forge = Forge::start(options).await.unwrap();
        let token = forge.add_user("adf-bot").unwrap().token;
        forge.add_user("alice").unwrap();
        forge.add_user("bob").unwrap();
        forge
            .add_repo("alice", "shop", &[("README.md", "# shop\n")])
            .unwrap();
        for login in ["adf-bot", "bob"] {
            forge
                .add_collaborator(REPO, login, Permission::Write)
                .unwrap();
        }
        let client = client(&forge, &clock, token);
        let mut pull = 0;
        for branch in ["other", "topic"] {
            forge.commit(REPO, branch, &[(FILE, "hello\n")]).unwrap();
            let opened = client.create_pull(branch, "main", "Hello", "").await;
            pull = opened.unwrap().number;
        }
        let opened = store::open(&dir.path().join("state"), clock.clone()).unwrap();
        // Nobody drains it here, and a full channel would hold up commits.
        drop(opened.committed);
        let wiring = Wiring {
            sources: Sources {
                client: client.clone(),
                ledger: opened.ledger.clone(),
                clock: clock.clone(),
            },
            key: Arc::new(MarkerKey::new(&[7; 32]).unwrap()),
            me: client.me().await.unwrap(),
            since: None,
            narrowed: false,
            ranked: false,
            display: Vec::new(),
        };
        let poller = Poller::new(wiring, &opened.world);
        let ledger = opened.ledger;
        let mut eye = Eye {
            forge,
            clock,
            ledger,
            poller,
            pull,
            dir,
        };
        eye.poll_after(10).await;
        eye
    }

    async fn poll_after(&mut self, seconds: u64) {
        let now = self.clock.now().plus(Duration::from_secs(seconds));
        self.clock.set(now);
        self.poller.poll().await.expect("polled");
    }

    fn review(&self, pull: u64, body: &str, inline: &[(&str, i64, &str)]) {
        let reviewed = self.forge.review(REPO, pull, "bob", body, inline);
        reviewed.expect("reviewed");
    }

    async fn world(&self) -> World {
        self.ledger.read(|reader| reader.world()).await.unwrap()
    }

    async fn mentions(&self) -> Vec<Mention> {
        self.world().await.mentions.into_values().collect()
    }
}

fn client(forge: &Forge, clock: &Clock, token: SecretString) -> Client {
    let config = ForgeConfig {
        url: forge.url().to_owned(),
        owner: "alice".to_owned(),
        repo: "shop".to_owned(),
        token,
        concurrency: 4,
        user_agent: "adf-test".to_owned(),
    };
    Client::new(config, clock.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_and_its_inline_comments_are_read_once_and_an_idle_poll_stays_cheap() {
    let mut eye = Eye::open().await;
    let inline = [(FILE, 1, "@adf:reviewer look here")];
    eye.review(eye.pull, "@adf:developer please mend it", &inline);
    eye.poll_after(60).await;
    let found = eye.mentions().await;
    let kinds: Vec<_> = found.iter().map(|m| (m.passage.kind, m.issue)).collect();
    assert_eq!(
        kinds,
        [
            (PassageKind::Inline, eye.pull),
            (PassageKind::Review, eye.pull)
        ]
    );
    assert!(
        found
            .iter()
            .all(|m| !m.edited_in && m.author.login == "bob")
    );
    assert_ne!(found[0].task, found[1].task);
    for _ in 0..3 {
        let before = eye.forge.requests();
        eye.poll_after(60).await;
        assert_eq!(eye.forge.requests() - before, 3, "{:?}", eye.dir);
    }
    assert_eq!(eye.mentions().await, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_in_the_very_second_of_the_last_reading_is_not_lost() {
    let mut eye = Eye::open().await;
    eye.poll_after(60).await;
    eye.review(eye.pull, "@adf:developer one", &[]);
    eye.poll_after(0).await;
    eye.review(eye.pull, "@adf:developer two", &[]);
    eye.poll_after(0).await;
    eye.review(eye.pull, "@adf:developer three", &[]);
    eye.poll_after(60).await;
    assert_eq!(eye.mentions().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_edited_into_an_inline_comment_is_known_as_edited_in() {
    let mut eye = Eye::open().await;
    eye.review(eye.pull, "", &[(FILE, 1, "hm")]);
    eye.poll_after(60).await;
    assert_eq!(eye.mentions().await, []);
    let seen = eye.world().await;
    let inline = seen
        .passages
        .keys()
        .find(|key| key.kind == PassageKind::Inline);
    let id = inline.expect("the inline comment is known").id;
    let text = "@adf:developer hm, do it";
    eye.forge.edit_comment(REPO, id, "alice", text).unwrap();
    // An edit does not move the pull request: something else does, or the repairing re-read.
    eye.poll_after(3600).await;
    let found = eye.mentions().await;
    assert_eq!(found.len(), 1);
    assert!(found[0].edited_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_cannot_be_read_holds_up_no_other_and_is_told_of() {
    let mut eye = Eye::open().await;
    let other = eye.pull - 1;
    let broken = FaultKind::Status {
        status: 422,
        retry_after: None,
    };
    let matches = format!("GET */pulls/{other}/reviews*");
    eye.forge.push_fault(Fault::new(matches, broken));
    eye.review(other, "@adf:developer one", &[]);
    eye.poll_after(60).await;
    eye.review(eye.pull, "@adf:developer two", &[]);
    eye.poll_after(60).await;
    assert_eq!(eye.mentions().await.len(), 1);
    let alerts = eye.world().await.alerts;
    assert!(alerts["unreadable"].cleared_at.is_none());
    eye.forge.clear_faults();
    eye.poll_after(60).await;
    assert_eq!(eye.mentions().await.len(), 2);
    let alerts = eye.world().await.alerts;
    assert!(alerts["unreadable"].cleared_at.is_some());
}
