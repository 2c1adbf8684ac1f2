//! The cycle, step by step, as the person who mentions sees it.
//!
//! Invariant: each step names what it waits for before it waits; what has been
//! made is in the [`Trace`] as soon as it is known, so that it can be taken away.

use super::Cast;
use crate::cli::{Format, say};
use crate::clock::Clock;
use crate::forge::{Comment, Pull};
use crate::mention::is_marked;
use crate::model::Time;
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

/// Mentions, and follows it to its result.
pub(super) async fn play(cast: &Cast, steps: &mut Steps, trace: &mut Trace) -> anyhow::Result<()> {
    let (person, agent) = (&cast.person, &cast.agent);
    let (bot, human) = (cast.factory.me().await?, person.me().await?);
    if bot.id == human.id {
        bail!(
            "--as-token-file holds a token of the factory's own account `{}`, which it does not obey; give one of a person with write access",
            bot.login
        );
    }
    let title = "adf smoke: a trial of the factory, closed when it is over";
    let body = "Opened by `adf smoke`. Nobody need do anything here.";
    let opened = person.create_issue(title, body).await;
    let issue = opened.context("the issue cannot be opened")?.number;
    trace.issue = Some(issue);
    steps.done(&format!("`{}` opens issue #{issue}", human.login));
    let text = format!(
        "@adf:{agent} this is a trial: make one small change that can be thrown away, such as a line in a new file adf-smoke.txt, and commit it"
    );
    person
        .post_comment(issue, &text)
        .await
        .context("the mention cannot be written")?;
    steps.done(&format!("`{}` mentions @adf:{agent}", human.login));

    steps.waiting = "the factory accepts";
    until(cast, issue, bot.id, |own| (!own.is_empty()).then_some(())).await?;
    steps.done("the factory comments that it has taken this up");

    steps.waiting = "the agent runs";
    let runs = |own: &[Comment]| own.iter().find(|c| !c.body.contains("queued")).map(|_| ());
    until(cast, issue, bot.id, runs).await?;
    steps.done("the comment follows the work");

    steps.waiting = "a pull request names the issue";
    let prefix = format!("adf/{issue}-{agent}-");
    let pull = pull(cast, issue, bot.id, &prefix).await?;
    trace.pull = Some(pull.number);
    trace.branch = Some(pull.head_ref.clone());
    let branch = person.branch(&pull.head_ref).await?;
    branch.with_context(|| format!("branch {} is not there", pull.head_ref))?;
    steps.done(&format!("branch {} is pushed", pull.head_ref));
    if !pull.body.contains(&format!("#{issue}")) {
        bail!("pull request #{} does not name issue #{issue}", pull.number);
    }
    steps.done(&format!(
        "pull request #{} names issue #{issue}",
        pull.number
    ));

    steps.waiting = "a comment tells the result";
    let told = format!("#{}", pull.number);
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
