//! What people do, without HTTP: open, say, edit, close, protect, archive.
//!
//! Invariant: a verb goes through the same rules as a request; what a person
//! may not do is refused in the server's words.

use super::{
    Forge,
    answer::Answer,
    auth, bare, comments,
    issues::{self, Draft},
    labels, links,
    state::{Permission, Repo, State, Token, User},
    text,
};
use secrecy::SecretString;
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

/// An account and a token that may do everything it may.
#[derive(Clone, Debug)]
pub struct UserHandle {
    /// The login.
    pub login: String,
    /// Its id.
    pub id: i64,
    /// A token with write scopes for issues, repositories and the account.
    pub token: SecretString,
}

impl Forge {
    /// Makes an account.
    ///
    /// # Errors
    /// When the login is taken.
    pub fn add_user(&self, login: &str) -> Deed<UserHandle> {
        let login = login.to_ascii_lowercase();
        let mut state = self.inner.state();
        if state.user(&login).is_some() {
            return Err(Answer::error(422, format!("user already exists [name: {login}]")).into());
        }
        let id = state.next_id();
        let created = self.inner.clock.now();
        state.users.push(User {
            id,
            login: login.clone(),
            created,
        });
        drop(state);
        let token = self.add_token(&login, &auth::FULL)?;
        Ok(UserHandle { login, id, token })
    }

    /// Makes another token, with these scopes only: `read:issue`, `write:repository`, ….
    ///
    /// # Errors
    /// When there is no such account.
    pub fn add_token(&self, login: &str, scopes: &[&str]) -> Deed<SecretString> {
        let mut state = self.inner.state();
        let login = known(&state, login)?;
        let secret = text::secret()?;
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        state.tokens.insert(secret.clone(), Token { login, scopes });
        Ok(SecretString::from(secret))
    }

    /// Revokes every token of an account.
    pub fn revoke_tokens(&self, login: &str) {
        let mut state = self.inner.state();
        state
            .tokens
            .retain(|_, token| !token.login.eq_ignore_ascii_case(login));
    }

    /// Makes a public repository with one commit on `main`; without files it stays empty.
    ///
    /// # Errors
    /// When the owner is unknown, the name taken, or git fails.
    pub fn add_repo(&self, owner: &str, name: &str, files: &[(&str, &str)]) -> Deed<i64> {
        let mut state = self.inner.state();
        let owner = known(&state, owner)?;
        if state.repo(&format!("{owner}/{name}")).is_ok() {
            return Err(Answer::error(409, "the repository exists").into());
        }
        let id = state.next_id();
        let git_dir = self.inner.dir.join(format!("{id}.git"));
        bare::create(&git_dir)?;
        if !files.is_empty() {
            bare::commit_files(&git_dir, "main", files, "Begin")?;
        }
        let now = self.inner.clock.now();
        state.repos.push(Repo {
            id,
            owner,
            name: name.to_owned(),
            private: false,
            archived: None,
            protected: Default::default(),
            collaborators: Default::default(),
            labels: Vec::new(),
            issues: Vec::new(),
            statuses: Vec::new(),
            git_dir,
            created: now,
            updated: now,
        });
        Ok(id)
    }

    /// Commits files on a branch (from `main` when it is new), as a person's push would.
    ///
    /// # Errors
    /// When git fails.
    pub fn commit(&self, repo: &str, branch: &str, files: &[(&str, &str)]) -> Deed<String> {
        let (dir, before) = self.with_repo(repo, |repo| {
            (repo.git_dir.clone(), bare::branches(&repo.git_dir))
        })?;
        if let (None, Some(main)) = (before.get(branch), before.get("main")) {
            let reference = format!("refs/heads/{branch}");
            super::git::text(&dir, &["update-ref", &reference, main])?;
        }
        let sha = bare::commit_files(&dir, branch, files, &format!("Change {branch}"))?;
        super::pulls::head_moved(&self.inner, repo, &before, self.inner.clock.now());
        Ok(sha)
    }

    /// Gives somebody a right.
    ///
    /// # Errors
    /// When the repository or the account is unknown.
    pub fn add_collaborator(&self, repo: &str, login: &str, right: Permission) -> Deed<()> {
        let login = known(&self.inner.state(), login)?;
        self.with_repo(repo, |repo| {
            repo.collaborators.insert(login, right);
        })
    }

    /// Hides a repository from strangers, or shows it.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn hide(&self, repo: &str, private: bool) -> Deed<()> {
        self.with_repo(repo, |repo| repo.private = private)
    }

    /// Archives a repository, or wakes it.
    ///
    /// # Errors
    /// When it is unknown.
    pub fn archive(&self, repo: &str, archived: bool) -> Deed<()> {
        let now = self.inner.clock.now();
        self.with_repo(repo, |repo| repo.archived = archived.then_some(now))
    }

    /// Lets nobody push to a branch.
    ///
    /// # Errors
    /// When the repository is unknown.
    pub fn protect_branch(&self, repo: &str, branch: &str) -> Deed<()> {
        self.with_repo(repo, |repo| {
            repo.protected.insert(branch.to_owned());
        })
    }

    /// Renames a repository; the old name redirects.
    ///
    /// # Errors
    /// When it is unknown or the new name is taken.
    pub fn rename(&self, repo: &str, name: &str) -> Deed<()> {
        let mut state = self.inner.state();
        let (old, id, owner) = {
            let repo = state.repo(repo)?;
            (
                repo.full_name().to_ascii_lowercase(),
                repo.id,
                repo.owner.clone(),
            )
        };
        if state.repo(&format!("{owner}/{name}")).is_ok() {
            return Err(Answer::error(422, "the name is taken").into());
        }
        name.clone_into(&mut state.repo_mut(repo)?.name);
        state.moved.insert(old, id);
        Ok(())
    }

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

    /// Rewrites a comment, one's own or, with write access, anybody's.
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

    pub(super) fn with_repo<T>(&self, repo: &str, act: impl FnOnce(&mut Repo) -> T) -> Deed<T> {
        Ok(act(self.inner.state().repo_mut(repo)?))
    }
}

fn known(state: &State, login: &str) -> Result<String, Answer> {
    let user = state.user(login);
    user.map(|user| user.login.clone())
        .ok_or_else(|| Answer::error(404, Answer::no_such_user(login)))
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
