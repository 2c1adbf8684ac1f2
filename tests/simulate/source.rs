//! The poller's source, played by the model.

use crate::commit::commit;
use crate::model::{BOT, Model};
use crate::outside::lock;
use crate::people;
use crate::planted::Planted;
use crate::turn::turn;
use adf::forge::{Comment, Dependency, Endpoint, ForgeError, IssueItem, Listing, Page, Reviews};
use adf::model::*;
use adf::sense::{Source, Stored, Text};
use adf::store::StoreError;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Items of a page.
const PAGE: usize = 4;

fn item(issue: &Issue) -> IssueItem {
    IssueItem {
        issue: issue.clone(),
        body: "It is broken.".to_owned(),
        created_at: issue.changed_at,
    }
}

/// What the poller reads in one life of the daemon.
pub struct Origin(pub Arc<Mutex<Model>>);

impl Origin {
    async fn read<T>(&self, what: impl FnOnce(&Model) -> T) -> Result<T, ForgeError> {
        turn(&self.0).await;
        let answer = {
            let mut model = lock(&self.0);
            let trouble = model.trouble;
            if model.one_in(trouble) {
                return Err(ForgeError::Transport {
                    at: Endpoint::Comments,
                    sent: true,
                    timeout: true,
                    detail: "no answer".to_owned(),
                });
            }
            what(&model)
        };
        turn(&self.0).await;
        Ok(answer)
    }

    async fn list<T>(&self, what: impl FnOnce(&Model) -> Vec<T>) -> Result<Listing<T>, ForgeError> {
        self.read(|model| {
            let mut now = Time::from_seconds(model.now.seconds());
            if model.planted == Some(Planted::CursorPassesTheServer) {
                now = now.plus(Duration::from_secs(600));
            }
            Listing {
                items: what(model),
                server_time: Some(now),
                skipped: 0,
            }
        })
        .await
    }
}

impl Source for Origin {
    fn now(&self) -> Time {
        lock(&self.0).here()
    }

    async fn repository(&self) -> Result<Repository, ForgeError> {
        self.read(|model| model.forge.repository()).await
    }

    async fn issues_since(&self, since: Option<Time>) -> Result<Listing<IssueItem>, ForgeError> {
        let since = since.unwrap_or_default().seconds();
        let new = |issue: &&Issue| issue.updated_at.seconds() >= since;
        self.list(|model| model.forge.issues.values().filter(new).map(item).collect())
            .await
    }

    async fn comments_since(&self, since: Time) -> Result<Listing<Comment>, ForgeError> {
        let new = |c: &&Comment| c.updated_at.seconds() >= since.seconds();
        let mut list = self
            .list(|model| model.forge.comments.values().filter(new).cloned().collect())
            .await?;
        if lock(&self.0).planted == Some(Planted::BelievesEverybody) {
            list.items.iter_mut().for_each(|c| c.author.id = BOT);
        }
        Ok(list)
    }

    async fn open_issues(&self, page: u32) -> Result<Page<IssueItem>, ForgeError> {
        let before = usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX);
        self.read(|model| {
            let open = model.forge.issues.values().filter(|issue| issue.open);
            let of_page = open.clone().skip(before.saturating_mul(PAGE)).take(PAGE);
            let items: Vec<IssueItem> = of_page.map(item).collect();
            let given = u32::try_from(items.len()).unwrap_or(u32::MAX);
            let passed_over = model.planted == Some(Planted::OldIssuesAreNotRead);
            Page {
                items: if passed_over { Vec::new() } else { items },
                given,
                total: u64::try_from(open.count()).ok(),
            }
        })
        .await
    }

    async fn dependencies(&self, issue: u64) -> Result<Option<Vec<Dependency>>, ForgeError> {
        self.read(|model| {
            if !model.coordinated || model.planted == Some(Planted::LinksAreNotRead) {
                return None;
            }
            let on = model.forge.groomed.links.get(&issue).into_iter().flatten();
            let on = on.map(|(number, _)| Dependency {
                number: *number,
                open: model.forge.issues.get(number).is_some_and(|i| i.open),
                repo: "acme/app".to_owned(),
            });
            Some(on.collect())
        })
        .await
    }

    async fn reviews(&self, _pull: u64) -> Result<Reviews, ForgeError> {
        self.read(|_| Reviews::default()).await
    }

    async fn assignees(&self) -> Result<Vec<Person>, ForgeError> {
        self.read(|_| vec![people::alice(), people::bot()]).await
    }

    async fn unknown(&self, issues: Vec<Issue>) -> Result<Vec<Issue>, StoreError> {
        let model = lock(&self.0);
        let known = &model.ledger.world.issues;
        let changes = model.planted == Some(Planted::EverythingChanges);
        let new = |mut issue: Issue| {
            if changes {
                issue.changed_at = model.now;
            }
            issue.clone().after(known.get(&issue.number))
        };
        Ok(issues.into_iter().filter_map(new).collect())
    }

    async fn changed(&self, texts: Vec<Text>) -> Result<Vec<(Text, Stored)>, StoreError> {
        let model = lock(&self.0);
        let changed = |text: Text| {
            let before = model.ledger.passages.get(&text.key).cloned();
            text.differs(before.as_ref()).then(|| {
                let mentions = model.ledger.world.mentions.values();
                let mentions = mentions.filter(|m| m.passage == text.key).cloned();
                let mentions = mentions.collect();
                (text, Stored { before, mentions })
            })
        };
        Ok(texts.into_iter().filter_map(changed).collect())
    }

    async fn commit(&self, mut facts: Vec<Change>) -> Result<(), StoreError> {
        if lock(&self.0).planted == Some(Planted::CursorBeforeFacts) {
            let is_cursor = |c: &Change| matches!(c, Change::Cursor { .. });
            let cursors = facts.iter().filter(|c| is_cursor(c)).cloned().collect();
            facts.retain(|c| !is_cursor(c));
            commit(&self.0, cursors).await?;
        }
        let lost = lock(&self.0).planted;
        facts.retain(|change| match change {
            Change::Links(_) => lost != Some(Planted::LinksAreLost),
            Change::Alert(alert) if alert.cause.starts_with("cycle:") => {
                lost != Some(Planted::CyclesAreNotSaid)
            }
            _ => true,
        });
        commit(&self.0, facts).await
    }
}
