//! A repository of 100,000 open issues: every poll and every plan stays within its bounds.
//!
//! The real poller and planner over a source that makes its answers up as they are asked.

use adf::decide::{Routes, plan};
use adf::forge::{Comment, Dependency, ForgeError, IssueItem, Listing, Page, Reviews};
use adf::mention::marker::MarkerKey;
use adf::model::*;
use adf::sense::{Poller, Source, Stored, Text, Wiring};
use adf::store::StoreError;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ISSUES: u64 = 100_000;
/// Of so many issues the ledger knows already what they wait for.
const KNOWN: u64 = 98_000;
const PAGE: u64 = 50;
const LABEL: &str = "adf:ready";
/// What one poll may ask, as `adf::sense` has it.
const PAGES_MAX: usize = 40;
const LINKS_MAX: usize = 420;
const REFRESH: usize = 20;
/// Rows of one batch, with room for the cursors.
const BATCH_MAX: usize = 510;
const NOW: Time = Time(1_790_000_000_000);

/// What was asked in one poll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    pages: usize,
    links: usize,
    others: usize,
    batch: usize,
}

struct Forge {
    now: Time,
    world: World,
    asked: Asked,
    /// The ledger takes no batch with this in it, once.
    full_for: Option<fn(&Change) -> bool>,
}

#[derive(Clone)]
struct Made(Arc<Mutex<Forge>>);

impl Made {
    fn with<T>(&self, what: impl FnOnce(&mut Forge) -> T) -> T {
        what(&mut self.0.lock().unwrap())
    }

    fn other<T>(&self, answer: T) -> Result<T, ForgeError> {
        self.with(|forge| forge.asked.others += 1);
        Ok(answer)
    }

    fn none<T>(&self) -> Result<Listing<T>, ForgeError> {
        let now = self.with(|forge| forge.now);
        self.other(Listing {
            items: Vec::new(),
            server_time: Some(now),
            skipped: 0,
        })
    }
}

fn issue(number: u64) -> Issue {
    let month = Duration::from_secs(30 * 24 * 3600);
    Issue {
        number,
        is_pull: false,
        title: format!("Part {number}"),
        open: true,
        author: person("alice"),
        labels: vec![LABEL.to_owned()],
        milestone: None,
        updated_at: NOW.minus(month),
        changed_at: NOW.minus(month),
        outsider: false,
        reworded_at: Time(0),
    }
}

/// Every issue but each hundredth waits for the first, and for the one of half its number.
fn waits_for(number: u64) -> Vec<u64> {
    match number {
        _ if number % 100 == 1 => Vec::new(),
        2 | 3 => vec![1],
        _ => vec![1, number / 2],
    }
}

fn person(login: &str) -> Person {
    Person {
        id: 5,
        login: login.to_owned(),
    }
}

impl Source for Made {
    fn now(&self) -> Time {
        self.with(|forge| forge.now)
    }

    async fn repository(&self) -> Result<Repository, ForgeError> {
        self.other(crate::scene::repository())
    }

    async fn issues_since(&self, _: Option<Time>) -> Result<Listing<IssueItem>, ForgeError> {
        self.none()
    }

    async fn comments_since(&self, _: Time) -> Result<Listing<Comment>, ForgeError> {
        self.none()
    }

    async fn open_issues(&self, page: u32) -> Result<Page<IssueItem>, ForgeError> {
        self.with(|forge| forge.asked.pages += 1);
        let first = u64::from(page - 1) * PAGE + 1;
        let numbers = first..(first + PAGE).min(ISSUES + 1);
        let items: Vec<IssueItem> = numbers
            .map(|number| IssueItem {
                issue: issue(number),
                body: String::new(),
                created_at: issue(number).updated_at,
            })
            .collect();
        Ok(Page {
            given: u32::try_from(items.len()).unwrap(),
            items,
            total: Some(ISSUES),
        })
    }

    async fn dependencies(&self, number: u64) -> Result<Option<Vec<Dependency>>, ForgeError> {
        self.with(|forge| forge.asked.links += 1);
        let on = waits_for(number).into_iter().map(|number| Dependency {
            number,
            open: true,
            repo: "acme/app".to_owned(),
        });
        Ok(Some(on.collect()))
    }

    async fn reviews(&self, _: u64) -> Result<Reviews, ForgeError> {
        self.other(Reviews::default())
    }

    async fn assignees(&self) -> Result<Vec<Person>, ForgeError> {
        // Once in ten minutes; no poll's own cost.
        Ok(vec![person("alice")])
    }

    async fn unknown(&self, issues: Vec<Issue>) -> Result<Vec<Issue>, StoreError> {
        Ok(self.with(|forge| {
            let known = &forge.world.issues;
            let new = issues.into_iter();
            new.filter_map(|issue| {
                let before = known.get(&issue.number);
                issue.after(before)
            })
            .collect()
        }))
    }

    async fn changed(&self, texts: Vec<Text>) -> Result<Vec<(Text, Stored)>, StoreError> {
        let new = texts.into_iter();
        Ok(new.map(|text| (text, Stored::default())).collect())
    }

    async fn commit(&self, facts: Vec<Change>) -> Result<(), StoreError> {
        self.with(|forge| {
            forge.asked.batch = forge.asked.batch.max(facts.len());
            let refused = forge.full_for.take_if(|is_it| facts.iter().any(*is_it));
            if refused.is_some() {
                let path = "ledger.db".into();
                return Err(StoreError::Full { path });
            }
            forge.world.apply_all(&facts);
            Ok(())
        })
    }
}

/// Polls a minute later; what was asked.
async fn poll(poller: &mut Poller<Made>, made: &Made) -> Asked {
    made.with(|forge| {
        forge.now = forge.now.plus(Duration::from_secs(60));
        forge.asked = Asked::default();
    });
    poller.poll().await.expect("polled");
    made.with(|forge| forge.asked.clone())
}

/// Plans twice as the loop does, with what was decided applied in between.
fn planned(world: &mut World, now: Time) -> (Plan, Plan) {
    let mut settings = crate::scene::settings();
    settings.coordinator.builtin = true;
    let developer = AgentName::from("developer");
    settings
        .agents
        .get_mut(&developer)
        .unwrap()
        .limits
        .concurrency = 2;
    settings.coordinator.agents = vec![developer];
    let (routes, factory, none) = (
        Routes::of(&settings),
        FactoryId::from("aaaaaaaaaaaa"),
        BTreeSet::new(),
    );
    let step = |world: &mut World| {
        let snapshot = Snapshot {
            now,
            world,
            settings: &settings,
            factory: &factory,
            synced: true,
            draining: false,
            unfit: None,
            in_flight: &none,
        };
        let made = plan(&snapshot, &routes);
        world.apply_all(&made.changes);
        made
    };
    (step(world), step(world))
}

fn made(world: &World) -> (Made, Poller<Made>) {
    let made = Made(Arc::new(Mutex::new(Forge {
        now: NOW,
        world: world.clone(),
        asked: Asked::default(),
        full_for: None,
    })));
    let wiring = Wiring {
        sources: made.clone(),
        key: Arc::new(MarkerKey::new(&[7; 32]).unwrap()),
        me: Person {
            id: 1,
            login: "adf-bot".to_owned(),
        },
        since: None,
        narrowed: false,
        ranked: true,
        display: Vec::new(),
    };
    let poller = Poller::new(wiring, world);
    (made, poller)
}

#[tokio::test]
async fn who_may_write_is_read_again_when_it_could_not_be_written_down() {
    let (made, mut poller) = made(&World::default());
    made.with(|forge| forge.full_for = Some(|row| matches!(row, Change::Writers { .. })));
    poller.poll().await.expect_err("the disk is full");
    assert!(made.with(|forge| forge.world.writers.is_empty()));
    poll(&mut poller, &made).await;
    let writers = made.with(|forge| forge.world.writers.clone());
    assert_eq!(writers, BTreeSet::from(["alice".to_owned()]));
}

#[tokio::test]
async fn a_hundred_thousand_issues_cost_a_bounded_poll_and_an_idle_one_the_same_as_any() {
    let mut world = World::default();
    let links = (1..=KNOWN).map(|number| {
        let on = waits_for(number).into_iter().map(|number| Blocker {
            number,
            repo: None,
            open: true,
        });
        Change::Links(Links {
            issue: number,
            on: on.collect(),
            read_at: NOW,
        })
    });
    world.apply_all(&links.collect::<Vec<_>>());
    let (made, mut poller) = made(&world);
    let mut polls = 0;
    while !poller.knows_all() {
        let asked = poll(&mut poller, &made).await;
        let within = asked.pages <= PAGES_MAX && asked.links <= LINKS_MAX;
        assert!(within && asked.batch <= BATCH_MAX, "{asked:?}");
        polls += 1;
        assert!(polls < 100, "it comes to an end");
    }
    let idle = poll(&mut poller, &made).await;
    assert_eq!((idle.pages, idle.links), (0, REFRESH));
    for _ in 0..5 {
        assert_eq!(poll(&mut poller, &made).await, idle, "each costs the same");
    }
    let (mut world, now) = made.with(|forge| (std::mem::take(&mut forge.world), forge.now));
    assert_eq!(world.issues.len(), usize::try_from(ISSUES).unwrap());

    let (first, second) = planned(&mut world, now);
    let picked: Vec<u64> = first.decisions.iter().map(|d| d.issue).collect();
    assert_eq!(picked[0], 1, "for which all others wait");
    assert!(picked.len() == 2 && picked[1] % 100 == 1, "{picked:?}");
    let reason = &first.decisions[0].reason;
    assert!(reason.len() < 200, "{} bytes of reason", reason.len());
    for plan in [&first, &second] {
        assert!(plan.skips.len() <= 60, "{} skips", plan.skips.len());
        assert!(plan.changes.len() <= 10, "{} changes", plan.changes.len());
    }
    assert!(second.decisions.is_empty(), "its limit of two is reached");
}
