//! One scenario from its first deed to its verdict.
//!
//! Invariant: whatever it comes to, no process of it is left: the factory is
//! stopped, then the process table is looked at, then what is still there is counted.

use super::backlog::{self, People};
use super::bait::Bait;
use super::look::{self, Left};
use super::verdict::Verdict;
use super::{Deed, Scenario, beside};
use crate::cli::demo::place::{Agent, Limits, Place};
use crate::cli::demo::show::Show;
use crate::cli::demo::steps::until;
use crate::sandbox::Forge;
use crate::sandbox::child::Daemon;
use crate::sandbox::demo_world::DemoWorld;
use anyhow::{Context, bail};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that the deeds and what comes of them may take.
const PLAY_MAX: Duration = Duration::from_secs(40);
/// As [`PLAY_MAX`], where a whole backlog is worked off.
const CLEAR_MAX: Duration = Duration::from_secs(400);
/// The longest that a factory may take to stop, or what it started to end.
const STOP_MAX: Duration = Duration::from_secs(20);
/// How a factory says that it works.
const READY: &str = "\"ready\"";

/// What a scenario is played with.
struct Stage<'a> {
    forge: &'a Forge,
    world: &'a DemoWorld,
    place: &'a Place,
    adf: &'a Path,
    daemon: Daemon,
    /// Those beside it.
    others: Vec<Daemon>,
    /// The comment that was written last.
    comment: i64,
    /// How often a factory was started.
    starts: usize,
    misses: Vec<String>,
    people: People,
}

/// Plays a scenario in a fresh world and judges it.
pub(in crate::cli::demo) async fn play(
    scenario: &'static Scenario,
    (forge, world): (&Forge, &DemoWorld),
    place: &Place,
    adf: &Path,
    show: &mut Show,
) -> anyhow::Result<Verdict> {
    let bait = Bait::lay(&place.dir)?;
    let behaviours: Vec<String> = scenario
        .agents
        .iter()
        .map(|agent| bait.named(agent.behaviour))
        .collect();
    let agents = scenario.agents.iter().zip(&behaviours);
    let agents: Vec<Agent<'_>> = agents
        .map(|(agent, behaviour)| Agent {
            name: agent.name,
            behaviour,
            kind: agent.kind,
            role: agent.role,
        })
        .collect();
    let walls = bait.named(scenario.config.walls);
    let limits = Limits {
        project: scenario.config.project,
        agents: scenario.config.agents,
        walls: &walls,
        chain: scenario.config.chain,
        coordinator: scenario.config.coordinator,
        status: false,
    };
    place.write(forge, world, adf, &agents, limits)?;
    let mut stage = Stage {
        daemon: Daemon::start(adf, &place.config, &place.log)?,
        others: Vec::new(),
        forge,
        world,
        place,
        adf,
        comment: 0,
        starts: 1,
        misses: Vec::new(),
        people: People::default(),
    };
    let most = if scenario
        .deeds
        .iter()
        .any(|deed| matches!(deed, Deed::Clears))
    {
        CLEAR_MAX
    } else {
        PLAY_MAX
    };
    let played = tokio::select! {
        played = timeout(most, stage.all(scenario, show)) => played,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
    };
    match played {
        Ok(played) => played?,
        Err(_) => {
            let line = format!("the end: expected within {most:?}, found still under way");
            stage.misses.push(line);
        }
    }
    let surviving = stage.stop().await?;
    show.line("the factory has stopped");
    let seen = (forge, world.repo.as_str(), world.bot.login.as_str());
    let mut misses = stage.misses;
    misses.extend(bait.taken());
    if scenario.is_of_limits() && rustix::process::geteuid().is_root() {
        show.line("not tried: limits of processes do not bind root, who plays this now");
    }
    Ok(Verdict::of(scenario, seen, place, surviving, misses))
}

impl Stage<'_> {
    async fn all(&mut self, scenario: &Scenario, show: &mut Show) -> anyhow::Result<()> {
        self.ready().await?;
        show.line("a factory, reading the forge over HTTP");
        for fault in (scenario.faults)() {
            show.line(&format!("the forge will fail: {}", fault.matches));
            self.forge.push_fault(fault);
        }
        for deed in scenario.deeds {
            show.wait(&shown(deed));
            self.does(deed).await?;
            show.done(&shown(deed));
        }
        show.wait("what comes of it");
        let wanted = scenario.expected.traces;
        until(|| {
            let found = self.left().traces;
            let there = found.accepts >= wanted.accepts
                && found.results >= wanted.results
                && found.replies >= wanted.replies
                && found.pulls >= wanted.pulls;
            there.then_some(())
        })
        .await;
        self.rests().await;
        show.done("the factory is at rest: it reads the forge and writes nothing");
        Ok(())
    }

    async fn does(&mut self, deed: &Deed) -> anyhow::Result<()> {
        let (repo, bug) = (self.world.repo.as_str(), self.world.bug);
        match deed {
            Deed::Says(who, text) => self.comment = self.forge.comment(repo, bug, who, text)?,
            Deed::Edits(who, text) => self.forge.edit_comment(repo, self.comment, who, text)?,
            Deed::Reads => self.rests().await,
            Deed::Leaves(file) => until(|| look::is_in_work(self.place, file).then_some(())).await,
            Deed::Kills => {
                self.daemon.kill().await?;
                let left = self.outlive().await;
                if left > 0 {
                    let line = format!("processes after the kill: expected none, found {left}");
                    self.misses.push(line);
                }
            }
            Deed::Starts => {
                self.daemon = self.start()?;
                self.starts += 1;
                self.ready().await?;
            }
            Deed::Beside => {
                self.others.push(beside::start(self.adf, self.place)?);
                self.starts += 1;
                self.ready().await?;
            }
            Deed::Fills(count) => self.people.fill(self.forge, repo, *count)?,
            Deed::Labels(places) => {
                for place in *places {
                    self.people
                        .label(self.forge, repo, self.world.issues[*place])?;
                }
            }
            Deed::Links(issue, on) | Deed::Unlinks(issue, on) => {
                let pair = [issue, on].map(|place| self.world.issues[*place]);
                let links = matches!(deed, Deed::Links(..));
                self.people.relink(self.forge, repo, pair, links)?;
            }
            Deed::Hears(words) => {
                let said = || {
                    let mut comments = self.left().comments.into_iter();
                    comments.find(|body| body.contains(words))
                };
                until(said).await;
            }
            Deed::Unlabels => {
                let queued = until(|| backlog::queued(&self.place.state)).await;
                self.forge.remove_label(repo, queued, backlog::LABEL)?;
            }
            Deed::Clears => {
                let account = self.world.bot.login.as_str();
                let (forge, people) = (self.forge, &mut self.people);
                until(|| people.clear(forge, repo, account).then_some(())).await;
                let states = beside::states(self.place);
                self.misses.extend(people.early(&states));
            }
            Deed::Second(code) => {
                let ended = self.start()?.ended().await?;
                if ended != Some(i32::from(*code)) {
                    let line = format!("the second factory: expected {code}, found {ended:?}");
                    self.misses.push(line);
                }
                if !self.daemon.is_alive() {
                    bail!("the first factory ended with the second");
                }
            }
        }
        Ok(())
    }

    fn start(&self) -> std::io::Result<Daemon> {
        Daemon::start(self.adf, &self.place.config, &self.place.log)
    }

    /// Waits until as many factories as were started have said that they work.
    async fn ready(&mut self) -> anyhow::Result<()> {
        let said = until(|| {
            let log = std::fs::read_to_string(&self.place.log).unwrap_or_default();
            let ready = log.matches(READY).count() >= self.starts;
            (ready || !self.daemon.is_alive()).then_some((ready, log))
        });
        match said.await {
            (true, _) => Ok(()),
            (false, log) => bail!("the factory did not start:\n{log}"),
        }
    }

    fn left(&self) -> Left {
        look::left(self.forge, &self.world.repo, &self.world.bot.login)
    }

    /// Waits until the forge was read twice and nothing was written in between.
    async fn rests(&self) {
        let start = format!("/api/v1/repos/{}", self.world.repo);
        let mut begun = self.forge.request_log().len();
        until(|| {
            let log = self.forge.request_log();
            let last = log.iter().rposition(|line| {
                let asks = line.method == "GET" || line.path.contains("git-upload-pack");
                !asks
            });
            begun = begun.max(last.map_or(0, |last| last + 1));
            let since = log.iter().skip(begun);
            let reads = since.filter(|line| line.path == start).count();
            (reads > 1).then_some(())
        })
        .await;
    }

    /// Waits until nothing of the factory is left; how many processes stay, even so.
    async fn outlive(&self) -> usize {
        let none = until(|| {
            let left = look::processes_of(&self.place.state);
            left.is_empty().then_some(())
        });
        match timeout(STOP_MAX, none).await {
            Ok(()) => 0,
            Err(_) => look::processes_of(&self.place.state).len(),
        }
    }

    /// Stops the factory. Gives how many processes of runs were there before, and
    /// how many of anything afterwards.
    async fn stop(&mut self) -> anyhow::Result<usize> {
        let mut left = look::processes_of(&self.place.state.join("runs"));
        for other in &mut self.others {
            other.stop();
            let _ = timeout(STOP_MAX, other.ended()).await;
        }
        self.daemon.stop();
        match timeout(STOP_MAX, self.daemon.ended()).await {
            Ok(code) => {
                let code = code.context("the factory cannot be waited for")?;
                if code != Some(0) {
                    let line = format!("the factory's exit: expected 0, found {code:?}");
                    self.misses.push(line);
                }
            }
            Err(_) => {
                let line = format!("the factory's end: expected within {STOP_MAX:?}, found none");
                self.misses.push(line);
                self.daemon.kill().await?;
            }
        }
        left.extend(look::processes_of(&self.place.state));
        left.sort_unstable();
        left.dedup();
        Ok(left.len())
    }
}

fn shown(deed: &Deed) -> String {
    match deed {
        Deed::Says(who, text) => format!("{who} writes: {text}"),
        Deed::Edits(who, text) => format!("{who} edits that into: {text}"),
        Deed::Reads => "the factory reads the forge".to_owned(),
        Deed::Leaves(file) => format!("the agent writes {file}"),
        Deed::Kills => "the factory is killed; nothing of it is left".to_owned(),
        Deed::Starts => "the factory is started again".to_owned(),
        Deed::Beside => "another factory starts on the same repository".to_owned(),
        Deed::Fills(count) => format!("carol opens {count} issues of which many wait for others"),
        Deed::Labels(places) => format!("carol labels {} issues as ready", places.len()),
        Deed::Links(..) => "carol makes an issue wait for another".to_owned(),
        Deed::Unlinks(..) => "carol takes that dependency off again".to_owned(),
        Deed::Hears(words) => format!("the factory says: {words}"),
        Deed::Unlabels => "carol takes the label off an issue that is queued".to_owned(),
        Deed::Clears => {
            "people close each pull request with its issue, until none is left".to_owned()
        }
        Deed::Second(_) => "a second factory on the same state is refused".to_owned(),
    }
}
