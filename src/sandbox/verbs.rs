//! What people do, without HTTP: open, say, edit, close, link, label.
//!
//! What owners do is in `settings`.
//!
//! Invariant: a verb goes through the same rules as a request; what a person
//! may not do is refused in the server's words.

use super::{
    Forge,
    answer::Answer,
    comments, compare,
    issues::{self, Draft},
    labels, links, pulls, reviews,
    settings::known,
    state::{Permission, State},
};
use std::io;

/// A deed that the forge did not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the embedded forge refused with {status}: {text}")]
pub struct Refused {
    /// The status a request would have been given.
    pub status: u16,
    /// The server's words; may be empty.
    pub text: String,
}

impl From<Answer> for Refused {
    fn from(answer: Answer) -> Refused {
        Refused {
            status: answer.status,
            text: answer.message(),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Refused {
        Refused {
            status: 500,
            text: error.to_string(),
        }
    }
}

/// What came of a deed.
pub type Deed<T> = Result<T, Refused>;

impl Forge {
    /// Opens an issue and gives its number.
    ///
    /// # Errors
    /// When the repository or the person is unknown, or it is archived.
    pub fn open_issue(&self, repo: &str, who: &str, title: &str, body: &str) -> Deed<u64> {
        let mut state = self.inner.state();
        let draft = Draft {
            author: talker(&state, repo, who)?,
            title: title.to_owned(),
            body: body.to_owned(),
            now: self.inner.clock.now(),
        };
        Ok(issues::add(&mut state, repo, draft)?)
    }

    /// Says something and gives the comment's id.
    ///
    /// # Errors
    /// When the issue or the person is unknown, or the repository archived.
    pub fn comment(&self, repo: &str, number: u64, who: &str, body: &str) -> Deed<i64> {
        let mut state = self.inner.state();
        let who = talker(&state, repo, who)?;
        let now = self.inner.clock.now();
        Ok(comments::add(&mut state, repo, number, &who, body, now)?)
    }

    /// Reviews a pull request: a body, which may be empty, and comments on lines as
    /// (path, line, text). Gives the review's id.
    ///
    /// # Errors
    /// When the pull request or the person is unknown, or nothing is said.
    pub fn review(
        &self,
        repo: &str,
        number: u64,
        who: &str,
        body: &str,
        inline: &[(&str, i64, &str)],
    ) -> Deed<i64> {
        let mut state = self.inner.state();
        let author = talker(&state, repo, who)?;
        let row = state.repo(repo)?;
        let (_, pull) = pulls::find(row, number)?;
        let ends = compare::ends(&self.inner, row, number, pull);
        let own = |(path, line, text): &(&str, i64, &str)| {
            ((*path).to_owned(), *line, (*text).to_owned())
        };
        let draft = reviews::Draft {
            author,
            event: "COMMENT".to_owned(),
            body: body.to_owned(),
            inline: inline.iter().map(own).collect(),
            now: self.inner.clock.now(),
        };
        Ok(reviews::add(&mut state, repo, number, &ends, draft)?)
    }

    /// Rewrites a comment, plain or inline, one's own or, with write access, anybody's.
    ///
    /// # Errors
    /// When there is no such comment or the editor may not.
    pub fn edit_comment(&self, repo: &str, id: i64, editor: &str, body: &str) -> Deed<()> {
        let mut state = self.inner.state();
        let editor = talker(&state, repo, editor)?;
        let now = self.inner.clock.now();
        Ok(comments::rewrite(&mut state, repo, id, &editor, body, now)?)
    }

    /// Deletes a comment.
    ///
    /// # Errors
    /// As [`Forge::edit_comment`].
    pub fn delete_comment(&self, repo: &str, id: i64, editor: &str) -> Deed<()> {
        Ok(comments::remove(&mut self.inner.state(), repo, id, editor)?)
    }

    /// Rewrites the body of an issue or pull request.
    ///
    /// # Errors
    /// When there is none or the editor may not.
    pub fn edit_issue_body(&self, repo: &str, number: u64, editor: &str, body: &str) -> Deed<()> {
        let now = self.inner.clock.now();
        self.with_repo(repo, |repo| {
            let author = repo.issue(number).map(|issue| issue.author.clone());
            let author = author.ok_or_else(Answer::not_found)?;
            if !issues::may_edit(repo, &author, editor) {
                return Err(Answer::bare(403));
            }
            if let Some(issue) = repo.issue_mut(number) {
                body.clone_into(&mut issue.body);
                issue.updated = now;
            }
            Ok(())
        })??;
        Ok(())
    }

    /// Closes an issue or pull request.
    ///
    /// # Errors
    /// When there is none, or it waits for another that is open.
    pub fn close_issue(&self, repo: &str, number: u64) -> Deed<()> {
        self.set_state(repo, number, "closed")
    }

    /// Opens it again.
    ///
    /// # Errors
    /// When there is none, or it is merged.
    pub fn reopen_issue(&self, repo: &str, number: u64) -> Deed<()> {
        self.set_state(repo, number, "open")
    }

    fn set_state(&self, repo: &str, number: u64, word: &str) -> Deed<()> {
        let now = self.inner.clock.now();
        self.with_repo(repo, |repo| {
            let issue = repo.issue(number).ok_or_else(Answer::not_found)?;
            let closed = issues::wanted_state(repo, issue, Some(word), now)?;
            if let (Some(issue), Some(closed)) = (repo.issue_mut(number), closed) {
                issue.closed = closed;
                issue.updated = now;
            }
            Ok::<(), Answer>(())
        })??;
        Ok(())
    }

    /// Makes an issue wait for another.
    ///
    /// # Errors
    /// When the link or its reverse is there already.
    pub fn add_dependency(&self, repo: &str, number: u64, on: u64) -> Deed<()> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        Ok(links::add(&mut state, repo, number, on, now)?)
    }

    /// Makes an issue depend on another no longer.
    ///
    /// # Errors
    /// When it does not depend on it.
    pub fn remove_dependency(&self, repo: &str, number: u64, on: u64) -> Deed<()> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        Ok(links::remove(&mut state, repo, number, on, now)?)
    }

    /// Adds a label to the repository, or to an issue of it, and gives its id.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn add_label(&self, repo: &str, issue: Option<u64>, name: &str) -> Deed<i64> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        let row = state.repo(repo)?;
        let known = row
            .labels
            .iter()
            .find(|label| label.name == name)
            .map(|label| label.id);
        let id = match known {
            Some(id) => id,
            None => labels::add(&mut state, repo, name, "#00aabb", "")?,
        };
        let number = issue.unwrap_or(0);
        if let Some(issue) = state.repo_mut(repo)?.issue_mut(number) {
            issue.labels.insert(id);
            issue.updated = now;
        }
        Ok(id)
    }

    /// Plans an issue for a milestone that is due on a day, as `2026-12-24`.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn set_milestone(&self, repo: &str, issue: u64, title: &str, due: &str) -> Deed<()> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        if let Some(issue) = state.repo_mut(repo)?.issue_mut(issue) {
            issue.milestone = Some((title.to_owned(), due.to_owned()));
            issue.updated = now;
        }
        Ok(())
    }

    /// Takes a label off an issue.
    ///
    /// # Errors
    /// When there is no such repository.
    pub fn remove_label(&self, repo: &str, issue: u64, name: &str) -> Deed<()> {
        let now = self.inner.clock.now();
        let mut state = self.inner.state();
        let row = state.repo_mut(repo)?;
        let known = row.labels.iter().find(|label| label.name == name);
        let id = known.map(|label| label.id);
        if let (Some(id), Some(issue)) = (id, row.issue_mut(issue)) {
            issue.labels.remove(&id);
            issue.updated = now;
        }
        Ok(())
    }
}

/// Somebody who may talk in a repository.
fn talker(state: &State, repo: &str, login: &str) -> Result<String, Answer> {
    let login = known(state, login)?;
    let repo = state.repo(repo)?;
    if repo.archived.is_some() {
        return Err(Answer::error(
            423,
            format!("{} is archived", repo.full_name()),
        ));
    }
    if repo.right(Some(&login)) < Permission::Read {
        return Err(Answer::not_found());
    }
    Ok(login)
}
