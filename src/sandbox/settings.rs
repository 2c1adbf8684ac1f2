//! What owners do, without HTTP: accounts, tokens, repositories, rights.
//!
//! Invariant: a repository is made whole, with its hooks, before it is in the
//! world; a token is shown once and kept nowhere else.

use super::{
    Forge,
    answer::Answer,
    auth, bare,
    state::{Permission, Repo, State, Token, User},
    text,
    verbs::Deed,
};
use secrecy::SecretString;

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
            hooks: Vec::new(),
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

    /// Lets those with write access push to a branch again.
    ///
    /// # Errors
    /// When the repository is unknown.
    pub fn unprotect_branch(&self, repo: &str, branch: &str) -> Deed<()> {
        self.with_repo(repo, |repo| {
            repo.protected.remove(branch);
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

    pub(super) fn with_repo<T>(&self, repo: &str, act: impl FnOnce(&mut Repo) -> T) -> Deed<T> {
        Ok(act(self.inner.state().repo_mut(repo)?))
    }
}

/// The login as the server knows it.
pub(super) fn known(state: &State, login: &str) -> Result<String, Answer> {
    let user = state.user(login);
    user.map(|user| user.login.clone())
        .ok_or_else(|| Answer::error(404, Answer::no_such_user(login)))
}
