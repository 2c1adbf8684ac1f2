//! What an agent is told: the issue's passages, as authorised, become a prompt.
//!
//! Invariant: a passage that the ledger holds is given as stored, not as it
//! stands now;
//! the factory's own comments never do. Which passages of strangers enter is `prompt`'s rule.

use super::context::date;
use super::machine::Machine;
use super::standing::{Answered, Standing};
use super::trouble::Trouble;
use crate::forge::Reviews;
use crate::mention::{is_marked, pick};
use crate::model::settings::Agent;
use crate::model::{
    AgentName, Issue, Passage, PassageKey, PassageKind, Person, Run, Snapshot, Task, Time,
};
use crate::prompt::{PromptAnswer, PromptInput, PromptPassage, render};
use std::collections::BTreeSet;

/// How often another fence is drawn when a passage holds the first by chance.
const FENCES_MAX: usize = 3;

impl Machine {
    /// The prompt of a run, and the title of its issue.
    pub(super) async fn brief(
        &self,
        task: &Task,
        run: &Run,
        agent: &Agent,
        base: &str,
    ) -> Result<String, Trouble> {
        let client = &self.tools.client;
        let Some(item) = client.issue(task.work.issue).await? else {
            let reason = format!("issue {} does not exist any more", task.work.issue);
            return Err(Trouble::Final(reason));
        };
        let comments = client.comments_of(task.work.issue).await?;
        let body = PassageKey {
            kind: PassageKind::Body,
            id: i64::try_from(task.work.issue).unwrap_or(i64::MAX),
        };
        let mut texts = vec![Text {
            key: body,
            author: item.issue.author.clone(),
            place: "body".to_owned(),
            body: item.body.clone(),
            at: item.created_at,
        }];
        texts.extend(comments.into_iter().map(|c| Text {
            key: PassageKey {
                kind: PassageKind::Comment,
                id: c.id,
            },
            place: format!("comment {}", c.id),
            author: c.author,
            body: c.body,
            at: c.created_at,
        }));
        if item.issue.is_pull {
            texts.extend(spoken(client.reviews(task.work.issue).await?));
        }
        let Known {
            writers,
            stored,
            asked,
            standing,
            issue,
        } = self.known(task, run).await?;
        // As the ledger has it: that is what was decided on.
        let issue = issue.unwrap_or(item.issue);
        if pick(&task.origin).is_some() && issue.is_unvouched() {
            let reason = format!("issue {} was reworded meanwhile", issue.number);
            let after = None;
            return Err(Trouble::Passing { after, reason });
        }
        let view = self.view(agent).await?;
        let view = view.as_deref();
        let mut passages = Vec::new();
        for text in texts {
            let own = text.author.id == self.who.me.id;
            if own && is_marked(&text.body) {
                continue;
            }
            let kept = stored.iter().find(|p| p.key == text.key);
            passages.push(Given {
                place: text.place,
                may_write: writers.contains(&text.author.login),
                pinned: text.key.kind == PassageKind::Body || Some(text.key) == asked,
                at: text.at,
                body: kept.map_or(text.body, |p| p.body.clone()),
                who: text.author.login,
            });
        }
        self.render(task, run, agent, base, &issue, &passages, &standing, view)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one text, gathered by its one caller"
    )]
    fn render(
        &self,
        task: &Task,
        run: &Run,
        agent: &Agent,
        base: &str,
        issue: &Issue,
        passages: &[Given],
        standing: &Standing,
        view: Option<&str>,
    ) -> Result<String, Trouble> {
        let settings = self.who.settings.get();
        let roster: Vec<(AgentName, String)> = settings
            .agents
            .values()
            .map(|a| (a.name.clone(), a.description.clone()))
            .collect();
        let memory: Vec<(String, &str)> = standing
            .notes
            .iter()
            .map(|n| (format!("{} {}", date(n.day), n.key), n.text.as_str()))
            .collect();
        let coordinates = settings.coordinator.agent.as_ref() == Some(&agent.name);
        let vision = settings.coordinator.vision.clone().filter(|_| coordinates);
        let question = standing.question.as_ref();
        let answer = match &standing.answer {
            None => PromptAnswer::Open,
            Some(Answered::Default) => PromptAnswer::Default,
            Some(Answered::By(person, text)) => PromptAnswer::By(&person.login, text),
        };
        let given: Vec<PromptPassage<'_>> = passages.iter().map(Given::lend).collect();
        let full_name = format!("{}/{}", settings.forge.owner, settings.forge.repo);
        let mut last = String::new();
        for _ in 0..FENCES_MAX {
            let fence = format!("{:016x}", fastrand::u64(..));
            let input = PromptInput {
                project: &settings.project,
                repository: &full_name,
                agent,
                issue: task.work.issue,
                title: &issue.title,
                is_pull: issue.is_pull,
                branch: &task.branch,
                base,
                task: &task.id,
                attempt: run.attempt,
                instruction: &task.instruction,
                requester: &task.requester.login,
                passages: &given,
                vision: vision.as_deref(),
                view,
                roster: &roster,
                caller: task.chain.last(),
                depth_left: Task::DEPTH_MAX.saturating_sub(task.depth()),
                earlier: standing.earlier.as_deref(),
                question: question.map(|(asked, default)| (asked.as_str(), default.as_deref())),
                answer,
                memory: &memory,
                memory_left_out: standing.notes_left_out,
                fence: &fence,
            };
            match render(&input) {
                Ok(prompt) => return Ok(prompt),
                Err(error) => last = error.to_string(),
            }
        }
        Err(Trouble::Final(format!(
            "the prompt could not be made: {last}"
        )))
    }

    /// The open issues, for the agent that coordinates.
    async fn view(&self, agent: &Agent) -> Result<Option<String>, Trouble> {
        let settings = self.who.settings.get();
        if settings.coordinator.agent.as_ref() != Some(&agent.name) {
            return Ok(None);
        }
        let (view, factory) = (self.tools.view, self.who.factory.clone());
        let now = self.tools.clock.now();
        let read = self.tools.ledger.read(move |reader| {
            let world = reader.world()?;
            Ok(view(&Snapshot::looked_at(now, &world, &settings, &factory)))
        });
        read.await.map(Some).map_err(|e| Trouble::Passing {
            after: None,
            reason: e.to_string(),
        })
    }

    /// Who may write, the passages as stored, and what the last attempt came to.
    async fn known(&self, task: &Task, run: &Run) -> Result<Known, Trouble> {
        let (issue, origin) = (task.work.issue, task.origin.clone());
        let (task, run, now) = (task.clone(), run.clone(), self.tools.clock.now());
        let read = self.tools.ledger.read(move |reader| {
            let world = reader.world_of(issue)?;
            let mut stored = reader.passages_of(issue)?;
            let asked = world.mentions.get(&origin).map(|m| m.passage);
            // The passage that commands is given as it stood when it was authorised.
            if let Some(mention) = world.mentions.get(&origin)
                && let Some(then) = reader.passage(mention.passage, Some(mention.version))?
            {
                stored.retain(|p| p.key != then.key);
                stored.push(then);
            }
            let standing = Standing::read(reader, &world, &task, &run, now)?;
            Ok(Known {
                writers: world.writers,
                stored,
                asked,
                standing,
                issue: reader.issue(issue)?,
            })
        });
        read.await.map_err(|e| Trouble::Passing {
            after: None,
            reason: e.to_string(),
        })
    }
}

/// What the ledger knows that a prompt needs.
struct Known {
    writers: BTreeSet<String>,
    stored: Vec<Passage>,
    asked: Option<PassageKey>,
    standing: Standing,
    issue: Option<Issue>,
}

struct Text {
    key: PassageKey,
    place: String,
    author: Person,
    body: String,
    at: Time,
}

struct Given {
    who: String,
    place: String,
    may_write: bool,
    pinned: bool,
    at: Time,
    body: String,
}

impl Given {
    fn lend(&self) -> PromptPassage<'_> {
        PromptPassage {
            who: &self.who,
            where_: self.place.clone(),
            may_write: self.may_write,
            pinned: self.pinned,
            written_at: self.at,
            body: &self.body,
        }
    }
}

/// What reviews say, as texts.
fn spoken(said: Reviews) -> Vec<Text> {
    let key = |kind, id| PassageKey { kind, id };
    let bodies = said.reviews.into_iter().filter(|r| !r.body.is_empty());
    let bodies = bodies.map(|r| Text {
        key: key(PassageKind::Review, r.id),
        place: format!("review {}", r.id),
        author: r.author,
        body: r.body,
        at: r.created_at,
    });
    let inline = said.inline.into_iter().map(|c| Text {
        key: key(PassageKind::Inline, c.id),
        place: format!("inline comment {} on {}:{}", c.id, c.path, c.line),
        author: c.author,
        body: c.body,
        at: c.created_at,
    });
    bodies.chain(inline).collect()
}
