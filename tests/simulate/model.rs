//! The world of a simulation: a forge, a disk and a ledger that survive every
//! crash, a clock, and requests that are still on the wire.
//!
//! Invariant: only [`Model`] survives a crash of the daemon, and every random
//! choice comes from its one generator, so that a seed is a whole story.

use adf::act::display::Worn;
use adf::act::memory::Memory;
use adf::forge::{Comment, IssueItem};
use adf::model::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

/// How late a request may still arrive after its sender has lost it.
pub const SETTLE: Duration = Duration::from_secs(3);
/// The moment at which every world begins.
pub const START: Time = Time(1_700_000_000_000);
/// The factory's own account.
pub const BOT: i64 = 1;

/// What a request does when it arrives.
pub type Arrival = Box<dyn FnOnce(&mut Forge, Time) + Send>;

/// What people see.
#[derive(Default)]
pub struct Forge {
    pub comments: BTreeMap<i64, Comment>,
    pub issues: BTreeMap<u64, Issue>,
    pub pulls: BTreeMap<u64, Pull>,
    /// Issues that the factory opened.
    pub opened: BTreeMap<u64, IssueItem>,
    pub branches: BTreeMap<String, Sha>,
    /// Labels and assignees of issues and pull requests.
    pub dressed: BTreeMap<u64, BTreeSet<String>>,
    /// Status labels and assignees.
    pub worn: BTreeMap<u64, Worn>,
    /// Issues whose status label somebody changed by hand.
    pub by_hand: BTreeSet<u64>,
    /// What people did with issues, where the factory takes them up by itself.
    pub groomed: crate::backlog::Groomed,
    pub archived: bool,
    pub next: i64,
}

/// A pull request.
#[derive(Clone)]
pub struct Pull {
    pub branch: String,
    pub body: String,
    pub open: bool,
}

impl Forge {
    pub fn id(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// Somebody comments; a comment moves its issue's time.
    pub fn comment(&mut self, issue: u64, who: &Person, body: &str, now: Time) -> i64 {
        let id = self.id();
        let now = Time::from_seconds(now.seconds());
        let comment = Comment {
            id,
            issue,
            is_pull: false,
            author: who.clone(),
            body: body.to_owned(),
            created_at: now,
            updated_at: now,
        };
        self.comments.insert(id, comment);
        if let Some(issue) = self.issues.get_mut(&issue) {
            issue.updated_at = now;
        }
        if who.id != BOT {
            self.groomed.change(issue);
        }
        id
    }

    /// The factory opens an issue.
    pub fn open_issue(&mut self, title: &str, body: &str, now: Time) -> u64 {
        let number = self.id().unsigned_abs();
        let issue = Issue {
            number,
            is_pull: false,
            title: title.to_owned(),
            open: true,
            author: crate::people::bot(),
            labels: Vec::new(),
            milestone: None,
            updated_at: now,
            changed_at: now,
        };
        let item = IssueItem {
            issue,
            body: body.to_owned(),
            created_at: now,
        };
        self.opened.insert(number, item);
        number
    }

    pub fn edit(&mut self, id: i64, body: &str, now: Time) {
        if let Some(comment) = self.comments.get_mut(&id) {
            body.clone_into(&mut comment.body);
            comment.updated_at = Time::from_seconds(now.seconds());
            if comment.author.id != BOT {
                let issue = comment.issue;
                self.groomed.change(issue);
            }
        }
    }

    pub fn repository(&self) -> Repository {
        Repository {
            id: RepoId(7),
            full_name: "acme/app".to_owned(),
            default_branch: "main".to_owned(),
            archived: self.archived,
            empty: false,
            mirror: false,
            may_push: true,
            has_issues: true,
            has_pulls: true,
        }
    }
}

/// An agent's process and what its supervisor wrote down of it.
#[derive(Clone)]
pub struct Process {
    pub run: Run,
    pub alive: bool,
    /// It has ended by itself, so.
    pub exit: Option<Exit>,
    /// Its supervisor was asked to end it.
    pub stopped: bool,
}

/// What the disk keeps beside the ledger.
#[derive(Default)]
pub struct Disk {
    pub runs: BTreeMap<String, Memory>,
    pub processes: BTreeMap<String, Process>,
    /// The head of each workspace, and how many commits it has.
    pub work: BTreeMap<TaskId, (Sha, u32)>,
    /// The highest lease ever begun of each work key.
    pub leases: BTreeMap<WorkKey, u64>,
}

/// The ledger: what was committed, and the world that it makes.
#[derive(Clone, Default)]
pub struct Ledger {
    pub world: World,
    pub passages: BTreeMap<PassageKey, Passage>,
    pub committed: VecDeque<Arc<Vec<Change>>>,
}

impl Ledger {
    pub fn write(&mut self, changes: Vec<Change>) -> Arc<Vec<Change>> {
        for change in &changes {
            if let Change::Passage(row) = change {
                self.passages.insert(row.key, row.clone());
            }
        }
        self.world.apply_all(&changes);
        let changes = Arc::new(changes);
        self.committed.push_back(changes.clone());
        changes
    }
}

/// Everything that a crash leaves.
pub struct Model {
    pub rng: fastrand::Rng,
    pub now: Time,
    /// How far the clock of the factory's host is ahead, in milliseconds.
    pub skew: i64,
    pub forge: Forge,
    pub disk: Disk,
    pub ledger: Ledger,
    /// The ledger as it was when it was last backed up.
    pub backup: Ledger,
    /// Requests still on the wire, and when they arrive.
    pub wire: Vec<(Time, Arrival)>,
    /// One in so many requests and commits goes wrong; 0: none.
    pub trouble: u32,
    /// Points passed at which the daemon can be killed.
    pub points: u64,
    /// What was seen that must not be.
    pub faults: Vec<String>,
    /// Somebody replays this seed, and wants to know what happens.
    pub told: bool,
    /// What happened.
    pub story: Vec<String>,
    /// The factory takes up issues by itself.
    pub coordinated: bool,
    /// The planted fault, if any.
    pub planted: Option<crate::planted::Planted>,
}

impl Model {
    pub fn new(seed: u64, trouble: u32) -> Model {
        let mut forge = Forge {
            next: 100,
            ..Forge::default()
        };
        forge
            .branches
            .insert("main".to_owned(), Sha("0".repeat(40)));
        for number in 1..=3 {
            let issue = Issue {
                number,
                is_pull: false,
                title: format!("issue {number}"),
                open: true,
                author: crate::people::alice(),
                labels: Vec::new(),
                milestone: None,
                updated_at: START,
                changed_at: START,
            };
            forge.issues.insert(number, issue);
        }
        Model {
            rng: fastrand::Rng::with_seed(seed),
            now: START,
            skew: 0,
            forge,
            disk: Disk::default(),
            ledger: Ledger::default(),
            backup: Ledger::default(),
            wire: Vec::new(),
            trouble,
            points: 0,
            faults: Vec::new(),
            told: false,
            story: Vec::new(),
            coordinated: false,
            planted: None,
        }
    }

    /// Whether the coin says so, one time in `n`; never for 0.
    pub fn one_in(&mut self, n: u32) -> bool {
        n > 0 && self.rng.u32(0..n) == 0
    }

    pub fn fault(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.tell(format_args!("FAULT: {what}"));
        self.faults.push(what);
    }

    pub fn tell(&mut self, what: impl Display) {
        if self.told {
            let at = self.now.since(START).as_millis();
            self.story.push(format!("{at:>9} ms  {what}"));
        }
    }

    /// What the clock of the factory's host says.
    pub fn here(&self) -> Time {
        Time(self.now.0 + self.skew)
    }

    /// Somebody sets the clock of the factory's host, forward or back.
    pub fn jump(&mut self) {
        let far = [10_000, 600_000, 3 * 3_600_000][self.rng.usize(0..3)];
        self.skew = self.rng.i64(-far..far);
        let skew = self.skew;
        self.tell(format_args!("the host's clock is set to {skew} ms ahead"));
    }

    /// Time passes; what was on the wire arrives.
    pub fn pass(&mut self, span: Duration) {
        self.now = self.now.plus(span);
        let now = self.now;
        let mut waiting = Vec::new();
        for (at, arrival) in std::mem::take(&mut self.wire) {
            if at <= now {
                arrival(&mut self.forge, now);
                self.tell("a late request arrives");
            } else {
                waiting.push((at, arrival));
            }
        }
        self.wire = waiting;
    }

    /// Leaves a request on the wire, to arrive while the factory settles.
    pub fn delay(&mut self, arrival: Arrival) {
        let wait = self.rng.u64(1..millis(SETTLE));
        let at = self.now.plus(Duration::from_millis(wait));
        self.wire.push((at, arrival));
    }

    /// A batch becomes durable.
    pub fn write(&mut self, changes: Vec<Change>) {
        let changes = self.ledger.write(changes);
        crate::check::cursors(self, &changes);
    }

    pub fn sha(&mut self) -> Sha {
        let id = self.forge.id();
        Sha(format!("{id:040x}"))
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
