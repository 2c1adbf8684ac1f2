//! The cycle, step by step, as the person who asks sees it.
//!
//! Invariant: each step names what it waits for before it waits; what has been
//! made is in the [`Trace`] as soon as it is known, so that it can be taken away.

use super::ask::{self, BODY, TITLE};
use super::{Call, Cast};
use crate::cli::{Format, say};
use crate::clock::Clock;
use crate::forge::{Comment, ForgeError, Pull};
use crate::mention::is_marked;
use crate::model::{AgentName, Person, Time};
use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use std::cell::Cell;
use std::time::Duration;

/// How often a forge of this machine is looked at.
const LOOK_NEAR: Duration = Duration::from_millis(500);
/// How often another is: an agent takes minutes.
const LOOK_FAR: Duration = Duration::from_secs(3);
/// Looks after a coordinator's result at which its call may still become a task.
const LATE_LOOKS: u32 = 10;
/// What the mark of a reply holds.
const REPLY: &str = "kind=reply ";
/// What a comment says of work that waits until somebody mends something.
const NO_PROVIDER: &str = "no provider can be used";

/// What was made on the forge.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub issue: Option<u64>,
    pub branch: Option<String>,
    pub pull: Option<u64>,
}

/// The steps so far, each with its time.
pub(super) struct Steps {
    format: Format,
    begun: Time,
    done: Vec<(String, i64)>,
    /// What is waited for.
    pub waiting: &'static str,
}

impl Steps {
    pub(super) fn new(format: Format) -> Steps {
        Steps {
            format,
            begun: Clock::System.now(),
            done: Vec::new(),
            waiting: "begin",
        }
    }

    /// Something that was seen.
    pub(super) fn done(&mut self, text: &str) {
        let ms = Clock::System.now().0 - self.begun.0;
        if self.format == Format::Human {
            let (seconds, tenths) = (ms / 1000, ms % 1000 / 100);
            say(&format!("ok  {seconds:>4}.{tenths} s  {text}"));
        }
        self.done.push((text.to_owned(), ms));
    }

    pub(super) fn json(&self) -> Value {
        let step = |(text, ms): &(String, i64)| json!({"step": text, "at_ms": ms});
        self.done.iter().map(step).collect()
    }
}

/// The factory's own account, and the person.
pub(super) struct Who {
    bot: Person,
    human: Person,
}

/// Asks the forge who the two are.
pub(super) async fn who(cast: &Cast) -> anyhow::Result<Who> {
    let human = match cast.person.me().await {
        // What helps the factory's own token does not help a person's.
        Err(ForgeError::Unauthorized { .. }) => bail!(
            "the forge does not take the token that --as-token-file names; make one for a person with write access, and put it there"
        ),
        human => human?,
    };
    let bot = cast.factory.me().await?;
    if bot.id == human.id {
        bail!(
            "--as-token-file holds a token of the factory's own account `{}`, which it does not obey; give one of a person with write access",
            bot.login
        );
    }
    Ok(Who { bot, human })
}

/// Asks for work, and follows it to its result.
pub(super) async fn play(
    cast: &Cast,
    Who { bot, human }: Who,
    steps: &mut Steps,
    trace: &mut Trace,
) -> anyhow::Result<()> {
    let person = &cast.person;
    let opened = person.create_issue(TITLE, BODY).await;
    let issue = opened.context("the issue cannot be opened")?.number;
    trace.issue = Some(issue);
    steps.done(&format!("`{}` opens issue #{issue}", human.login));
    match &cast.call {
        Call::Label(label) => {
            ask::label(cast, issue, label).await?;
            steps.done(&format!("`{}` labels it `{label}`", human.login));
        }
        Call::Dispatch(by, doer) => {
            ask::dispatch(person, issue, (by, doer)).await?;
            steps.done(&format!("`{}` mentions @adf:{by}", human.login));
        }
        Call::Mention(agent) => {
            ask::mention(cast, issue, agent).await?;
            steps.done(&format!("`{}` mentions @adf:{agent}", human.login));
        }
    }

    let work = taken_up(cast, steps, (issue, bot.id)).await?;
    steps.waiting = "the agent runs";
    let runs = |own: &[Comment]| own.iter().find(|c| !c.body.contains("queued")).map(|_| ());
    until(cast, &work, runs).await?;
    steps.done("the comment follows the work");

    let mut told = String::new();
    if ask::delivers(cast, &work.agent) {
        told = delivered(cast, steps, trace, &work).await?;
    }
    steps.waiting = "a comment tells the result";
    let tells = |own: &[Comment]| {
        let mut later = own.iter().skip(1);
        let found = later.find(|c| c.body.contains(&told));
        found.map(|comment| comment.body.clone())
    };
    let result = until(cast, &work, tells).await?;
    // Who edits nothing has no pull request to show, so its result must say that it is done.
    if told.is_empty() && !ask::is_done(&result, &work.agent) {
        bail!(
            "the agent `{}` did not come to a result: {}",
            work.agent,
            plain(&result)
        );
    }
    steps.done("a second comment tells the result");
    Ok(())
}

/// What is followed to its result.
struct Work {
    issue: u64,
    bot: i64,
    agent: AgentName,
    /// Its task, where the issue has others too.
    task: Option<String>,
}

/// Waits for the comment that accepts the work; where somebody else chooses who does it, for that.
async fn taken_up(
    cast: &Cast,
    steps: &mut Steps,
    (issue, bot): (u64, i64),
) -> anyhow::Result<Work> {
    steps.waiting = "the factory accepts";
    let nobody = AgentName::from("");
    let mut work = Work {
        issue,
        bot,
        agent: nobody,
        task: None,
    };
    let first = |own: &[Comment]| own.first().map(|comment| comment.body.clone());
    let accepted = until(cast, &work, first).await?;
    steps.done("the factory comments that it has taken this up");
    work.agent = match &cast.call {
        Call::Mention(agent) => agent.clone(),
        Call::Label(_) => {
            let agent = ask::picked(&accepted)
                .with_context(|| format!("the factory names nobody: {}", plain(&accepted)))?;
            steps.done(&format!(
                "the coordinator chooses, and records the mention: `@adf:{agent}`"
            ));
            agent
        }
        Call::Dispatch(by, doer) => {
            steps.waiting = "the coordinator calls an agent";
            let late = Cell::new(0);
            let calls = |own: &[Comment]| match (ask::called(own, (by, doer)), own.get(1)) {
                (Some(task), _) => Some(Ok(task)),
                // The comment of who was called may come after the result of the caller.
                (None, Some(ended)) if late.replace(late.get() + 1) > LATE_LOOKS => {
                    Some(Err(plain(&ended.body)))
                }
                (None, _) => None,
            };
            let called = until(cast, &work, calls).await?;
            let called = called.map_err(|ended| {
                anyhow!("the coordinator `{by}` ended without calling `{doer}`: {ended}")
            })?;
            work.task = Some(called);
            steps.done(&format!(
                "the coordinator `{by}` calls `{doer}`, who takes it up"
            ));
            doer.clone()
        }
    };
    Ok(work)
}

/// Waits for the pull request of the work; gives how the result will name it.
async fn delivered(
    cast: &Cast,
    steps: &mut Steps,
    trace: &mut Trace,
    work: &Work,
) -> anyhow::Result<String> {
    steps.waiting = "a pull request names the issue";
    let issue = work.issue;
    let prefix = format!("adf/{issue}-{}-", work.agent);
    let pull = pull(cast, work, &prefix).await?;
    trace.pull = Some(pull.number);
    trace.branch = Some(pull.head_ref.clone());
    let branch = cast.person.branch(&pull.head_ref).await?;
    branch.with_context(|| format!("branch {} is not there", pull.head_ref))?;
    steps.done(&format!("branch {} is pushed", pull.head_ref));
    if !pull.body.contains(&format!("#{issue}")) {
        bail!("pull request #{} does not name issue #{issue}", pull.number);
    }
    steps.done(&format!(
        "pull request #{} names issue #{issue}",
        pull.number
    ));
    Ok(format!("#{}", pull.number))
}

/// The factory's own comments, looked at until they show something; a reply that
/// refuses is the end.
async fn until<T>(
    cast: &Cast,
    work: &Work,
    look: impl Fn(&[Comment]) -> Option<T>,
) -> anyhow::Result<T> {
    let mut pace = pace(cast);
    loop {
        pace.tick().await;
        if let Some(found) = look(&own(cast, work).await?) {
            return Ok(found);
        }
    }
}

fn pace(cast: &Cast) -> tokio::time::Interval {
    let is_near = cast
        .config
        .settings
        .forge
        .url
        .starts_with("http://127.0.0.1");
    tokio::time::interval(if is_near { LOOK_NEAR } else { LOOK_FAR })
}

async fn own(cast: &Cast, work: &Work) -> anyhow::Result<Vec<Comment>> {
    let mut own = cast.person.comments_of(work.issue).await?;
    own.retain(|comment| comment.author.id == work.bot && is_marked(&comment.body));
    if let Some(reply) = own.iter().find(|comment| comment.body.contains(REPLY)) {
        bail!("the factory replied: {}", plain(&reply.body));
    }
    if let Some(held) = own
        .iter()
        .find(|comment| comment.body.contains(NO_PROVIDER))
    {
        bail!("the work cannot begin: {}", plain(&held.body));
    }
    if let Some(task) = &work.task {
        let mark = format!(" task={task} ");
        own.retain(|comment| comment.body.contains(&mark));
    }
    Ok(own)
}

/// What people read of a comment: without its mark, in one line.
fn plain(body: &str) -> String {
    let text = body.split("<!--").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pull request of the task; a result without one is the end.
async fn pull(cast: &Cast, work: &Work, prefix: &str) -> anyhow::Result<Pull> {
    let mut pace = pace(cast);
    loop {
        pace.tick().await;
        let comments = own(cast, work).await?;
        let pulls = cast.person.open_pulls().await?;
        if let Some(pull) = pulls.into_iter().find(|p| p.head_ref.starts_with(prefix)) {
            return Ok(pull);
        }
        // The pull request is opened before the result is told.
        if let Some(result) = comments.get(1) {
            bail!(
                "the task ended without a pull request: {}",
                plain(&result.body)
            );
        }
    }
}
