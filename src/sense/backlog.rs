//! Which issues are open, and what each waits for: read once, then kept up a little at a time.
//!
//! The forge has no bulk reading of dependencies. A stock server moves an issue whose
//! dependencies change, so those that moved are read at the next poll; the others in turn,
//! [`REFRESH`] a poll, for servers and repositories that do not tell. A blocker of another
//! repository that is closed moves nothing here: those that wait for one are read in turn of
//! their own, [`ELSEWHERE`] a poll. Invariant: a poll's readings are bounded, an idle one's by
//! these two; what the ledger holds is not read again.

use super::reviews::is_of_the_forge;
use super::source::Source;
use crate::forge::{Dependency, ForgeError, IssueItem, Page};
use crate::model::{BACKLOG, Blocker, Issue, Links, Time, World};
use adf_graph::{IssueGraph, Link, Node, On};
use std::collections::BTreeMap;

/// Pages of open issues read in one poll.
const PAGES_MAX: u32 = 40;
/// Issues whose dependencies are read in one poll because they are new or moved.
const MOVED_MAX: usize = 400;
/// Issues whose dependencies are read in one poll though nothing says that they changed.
const REFRESH: usize = 20;
/// Issues read besides because they wait for something that this repository does not tell of:
/// within ten ticks, at a poll each second tick, five times as many.
const ELSEWHERE: usize = 40;
/// Items of a full page.
const PAGE_ITEMS: u64 = 50;

/// The open issues, as the poller knows them.
#[derive(Debug)]
pub(super) struct Backlog {
    /// Open issues and when they moved last.
    open: BTreeMap<u64, Time>,
    /// What they wait for.
    links: BTreeMap<u64, Links>,
    /// When those were looked at last that had nothing new.
    looked_at: BTreeMap<u64, Time>,
    /// The page of open issues to be read next; none when all were read.
    page: Option<u32>,
    total: Option<u64>,
    /// An issue or a link has changed since cycles were looked for.
    moved: bool,
}

impl Backlog {
    /// As the ledger has it.
    pub fn of(world: &World) -> Backlog {
        let read = world.cursors.contains_key(BACKLOG);
        let mut backlog = Backlog {
            open: BTreeMap::new(),
            links: world.links.clone(),
            looked_at: BTreeMap::new(),
            page: (!read).then_some(1),
            total: None,
            moved: true,
        };
        backlog.note(world.issues.values());
        backlog
    }

    /// Takes note of what was listed.
    pub fn note<'a>(&mut self, issues: impl Iterator<Item = &'a Issue>) {
        for issue in issues.filter(|issue| !issue.is_pull) {
            let before = if issue.open {
                self.open.insert(issue.number, issue.updated_at)
            } else {
                self.open.remove(&issue.number)
            };
            self.moved |= before.is_some() != issue.open;
        }
    }

    /// The page of open issues that is read next.
    pub fn next_page(&self) -> Option<u32> {
        self.page
    }

    /// Where the reading of all open issues stands.
    pub fn page(&self) -> (Option<u32>, Option<u64>) {
        (self.page, self.total)
    }

    /// Goes on reading them from where it stood.
    pub fn back_to(&mut self, (page, total): (Option<u32>, Option<u64>)) {
        (self.page, self.total) = (page, total);
    }

    /// Whether every open issue was read once.
    pub fn is_whole(&self) -> bool {
        self.page.is_none()
    }

    /// Open issues whose dependencies were never read.
    pub fn unread(&self) -> usize {
        let unread = self.open.keys().filter(|n| !self.links.contains_key(n));
        unread.count()
    }

    /// The next pages of open issues, as long as not all were read.
    pub async fn pages(&mut self, source: &impl Source) -> Result<Vec<IssueItem>, ForgeError> {
        let mut items = Vec::new();
        for _ in 0..PAGES_MAX {
            let Some(page) = self.page else {
                break;
            };
            let found = source.open_issues(page).await?;
            self.page = self.next(page, &found);
            self.total = found.total.or(self.total);
            items.extend(found.items);
        }
        Ok(items)
    }

    /// Issues that were closed meanwhile have moved others to earlier pages.
    fn next(&self, page: u32, found: &Page<IssueItem>) -> Option<u32> {
        let gone = self
            .total
            .unwrap_or(0)
            .saturating_sub(found.total.unwrap_or(0));
        if found.total.is_some() && gone > 0 {
            let back = u32::try_from(gone.div_ceil(PAGE_ITEMS)).unwrap_or(u32::MAX);
            return Some(page.saturating_sub(back).max(1));
        }
        (found.given > 0).then_some(page + 1)
    }

    /// Whose dependencies are to be read now: those that are new or moved, then those
    /// that wait for something elsewhere and the others, each not looked at for the longest.
    pub fn due(&self) -> Vec<u64> {
        let (mut moved, mut elsewhere, mut still) = (Vec::new(), Vec::new(), Vec::new());
        for (number, updated_at) in &self.open {
            match self.links.get(number) {
                None => moved.push((Time::default(), *number)),
                Some(links) if !links.cover(*updated_at) => moved.push((*updated_at, *number)),
                Some(links) => {
                    let at = self.looked_at.get(number).copied();
                    let at = at.map_or(links.read_at, |at| at.max(links.read_at));
                    let untold = |b: &Blocker| b.open && (b.number == 0 || b.repo.is_some());
                    match links.on.iter().any(untold) {
                        true => elsewhere.push((at, *number)),
                        false => still.push((at, *number)),
                    }
                }
            }
        }
        moved.sort_unstable();
        still.sort_unstable();
        moved.truncate(MOVED_MAX);
        elsewhere.sort_unstable();
        elsewhere.truncate(ELSEWHERE);
        still.truncate(REFRESH);
        let due = moved.into_iter().chain(elsewhere).chain(still);
        due.map(|(_, n)| n).collect()
    }

    /// Takes in what an issue waits for, read after `server`; gives the row to be written.
    fn take(&mut self, issue: u64, on: Vec<Blocker>, server: Time) -> Option<Links> {
        self.looked_at.insert(issue, server);
        let row = Links {
            issue,
            on,
            read_at: server,
        };
        if let Some(known) = self.links.get(&issue) {
            let moved = self.open.get(&issue);
            let fresh = moved.is_none_or(|at| known.cover(*at));
            if fresh && known.on == row.on {
                return None;
            }
        }
        let before = self.links.insert(issue, row.clone());
        self.moved |= before.is_none_or(|before| before.on != row.on);
        Some(row)
    }

    /// What was read of these issues could not be written, and is to be read again.
    pub fn forget(&mut self, issues: &[u64]) {
        for issue in issues {
            self.links.remove(issue);
        }
        self.moved = true;
    }

    /// The issues that wait for each other, if that may have changed since it was asked.
    pub fn cycles(&mut self) -> Option<Vec<Vec<u64>>> {
        // While a large repository is read for the first time, it would be looked at each time.
        if !self.moved || !self.is_whole() || self.unread() > MOVED_MAX {
            return None;
        }
        self.moved = false;
        let here = |row: &Links| {
            let on = row.on.iter().filter(|blocker| blocker.repo.is_none());
            let on = on.map(|blocker| (row.issue, blocker.number));
            on.collect::<Vec<_>>()
        };
        let open = |n: &u64| self.open.contains_key(n);
        let links = self.links.values().flat_map(here);
        let links = links.filter(|(issue, on)| open(issue) && open(on));
        let links = links.map(|(issue, on)| Link {
            issue,
            on: On::Issue(on),
        });
        let links: Vec<Link> = links.collect();
        let nodes = self.open.keys().map(|number| Node::open(*number)).collect();
        match IssueGraph::new(nodes, &links) {
            Ok(graph) => Some(graph.ranks().1),
            Err(error) => {
                tracing::warn!(target: "adf::sense", %error, "cycles cannot be looked for");
                None
            }
        }
    }

    /// Reads what is due; `repo` is the repository's name, `server` the forge's time before.
    /// What was read is returned also when the forge gave up in the middle.
    pub async fn read(
        &mut self,
        source: &impl Source,
        repo: &str,
        server: Time,
    ) -> (Vec<Links>, Result<(), ForgeError>) {
        let mut rows = Vec::new();
        for number in self.due() {
            match source.dependencies(number).await {
                // Without dependencies on this server nothing waits.
                Ok(found) => {
                    let found = found.unwrap_or_default().into_iter();
                    let mut on: Vec<Blocker> = found.map(|d| blocker(d, repo)).collect();
                    on.sort_unstable();
                    on.dedup();
                    rows.extend(self.take(number, on, server));
                }
                Err(error) if is_of_the_forge(&error) => return (rows, Err(error)),
                Err(error) => {
                    tracing::warn!(target: "adf::sense", issue = number, %error, "what it waits for cannot be read");
                    self.looked_at.insert(number, server);
                }
            }
        }
        (rows, Ok(()))
    }
}

/// A dependency as the ledger keeps it.
fn blocker(found: Dependency, repo: &str) -> Blocker {
    if found.is_hidden() {
        return Blocker {
            number: 0,
            repo: None,
            open: true,
        };
    }
    let ours = found.repo.eq_ignore_ascii_case(repo);
    Blocker {
        number: found.number,
        repo: (!ours).then_some(found.repo),
        open: found.open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Change, Person};

    /// Issues that were read at these seconds, the first of which wait for another repository.
    fn backlog(elsewhere: u64, here: u64) -> Backlog {
        let mut world = World::default();
        for number in 1..=elsewhere + here {
            let at = Time::from_seconds(10);
            world.apply(&Change::Issue(Issue {
                number,
                is_pull: false,
                title: String::new(),
                open: true,
                author: Person::default(),
                labels: Vec::new(),
                milestone: None,
                updated_at: at,
                changed_at: at,
                outsider: false,
                reworded_at: Time::default(),
            }));
            let far = number <= elsewhere;
            world.apply(&Change::Links(Links {
                issue: number,
                on: vec![Blocker {
                    number: 7,
                    repo: far.then(|| "acme/other".to_owned()),
                    open: true,
                }],
                read_at: Time::from_seconds(100),
            }));
        }
        Backlog::of(&world)
    }

    #[test]
    fn what_waits_for_another_repository_is_read_within_five_polls_however_many_others_are_open() {
        let mut backlog = backlog(200, 5000);
        let mut read = std::collections::BTreeSet::new();
        for poll in 1..=5 {
            let due = backlog.due();
            assert_eq!(due.len(), ELSEWHERE + REFRESH, "bounded");
            for number in due {
                backlog
                    .looked_at
                    .insert(number, Time::from_seconds(100 + poll));
                read.insert(number);
            }
        }
        assert!((1..=200).all(|number| read.contains(&number)));
        assert_eq!(
            read.len(),
            200 + 5 * REFRESH,
            "the others have their turn too"
        );
    }
}
