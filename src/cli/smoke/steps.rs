//! The cycle, step by step, as the person who asks sees it.
//!
//! Invariant: each step names what it waits for before it waits; what has been
//! made is in the [`Trace`] as soon as it is known, so that it can be taken away.

use super::ask::{self, BODY, TITLE};
use super::{Call, Cast};
use crate::cli::{Format, say};
use crate::clock::Clock;
use crate::forge::{Comment, Pull};
use crate::mention::is_marked;
use crate::model::{AgentName, Time};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// How often a forge of this machine is looked at.
const LOOK_NEAR: Duration = Duration::from_millis(500);
/// How often another is: an agent takes minutes.
const LOOK_FAR: Duration = Duration::from_secs(3);
/// What the mark of a reply holds.
const REPLY: &str = "kind=reply ";

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

/// Asks for work, and follows it to its result.
pub(super) async fn play(cast: &Cast, steps: &mut Steps, trace: &mut Trace) -> anyhow::Result<()> {
    let person = &cast.person;
    let (bot, human) = (cast.factory.me().await?, person.me().await?);
    if bot.id == human.id {
        bail!(
            "--as-token-file holds a token of the factory's own account `{}`, which it does not obey; give one of a person with write access",
            bot.login
        );
    }
    let opened = person.create_issue(TITLE, BODY).await;
    let issue = opened.context("the issue cannot be opened")?.number;
    trace.issue = Some(issue);
    steps.done(&format!("`{}` opens issue #{issue}", human.login));
    match &cast.call {
        Call::Label(label) => {
            ask::label(cast, issue, label).await?;
            steps.done(&format!("`{}` labels it `{label}`", human.login));
        }
        Call::Mention(agent) => {
            ask::mention(person, issue, agent).await?;
            steps.done(&format!("`{}` mentions @adf:{agent}", human.login));
        }
    }

    steps.waiting = "the factory accepts";
    let first = |own: &[Comment]| own.first().map(|comment| comment.body.clone());
    let accepted = until(cast, issue, bot.id, first).await?;
    let agent = match &cast.call {
        Call::Mention(agent) => agent.clone(),
        Call::Label(_) => {
            let agent = ask::picked(&accepted)
                .with_context(|| format!("the factory names nobody: {}", plain(&accepted)))?;
            steps.done(&format!(
                "the coordinator chooses, and records the mention: `@adf:{agent}`"
            ));
            agent
        }
    };
    steps.done("the factory comments that it has taken this up");

    steps.waiting = "the agent runs";
    let runs = |own: &[Comment]| own.iter().find(|c| !c.body.contains("queued")).map(|_| ());
    until(cast, issue, bot.id, runs).await?;
    steps.done("the comment follows the work");

    let mut told = String::new();
    if ask::delivers(cast, &agent) {
        told = delivered(cast, steps, trace, (issue, bot.id, &agent)).await?;
    }
    steps.waiting = "a comment tells the result";
    let tells = |own: &[Comment]| {
        own.iter()
            .skip(1)
            .find(|c| c.body.contains(&told))
            .map(|_| ())
    };
    until(cast, issue, bot.id, tells).await?;
    steps.done("a second comment tells the result");
    Ok(())
}

/// Waits for the pull request of the work; gives how the result will name it.
async fn delivered(
    cast: &Cast,
    steps: &mut Steps,
    trace: &mut Trace,
    (issue, bot, agent): (u64, i64, &AgentName),
) -> anyhow::Result<String> {
    steps.waiting = "a pull request names the issue";
    let prefix = format!("adf/{issue}-{agent}-");
    let pull = pull(cast, issue, bot, &prefix).await?;
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
    issue: u64,
    bot: i64,
    look: impl Fn(&[Comment]) -> Option<T>,
) -> anyhow::Result<T> {
    let mut pace = pace(cast);
    loop {
        pace.tick().await;
        if let Some(found) = look(&own(cast, issue, bot).await?) {
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

async fn own(cast: &Cast, issue: u64, bot: i64) -> anyhow::Result<Vec<Comment>> {
    let mut own = cast.person.comments_of(issue).await?;
    own.retain(|comment| comment.author.id == bot && is_marked(&comment.body));
    if let Some(reply) = own.iter().find(|comment| comment.body.contains(REPLY)) {
        bail!("the factory replied: {}", plain(&reply.body));
    }
    Ok(own)
}

/// What people read of a comment: without its mark, in one line.
fn plain(body: &str) -> String {
    let text = body.split("<!--").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pull request of the task; a result without one is the end.
async fn pull(cast: &Cast, issue: u64, bot: i64, prefix: &str) -> anyhow::Result<Pull> {
    let mut pace = pace(cast);
    loop {
        pace.tick().await;
        let comments = own(cast, issue, bot).await?;
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
