//! What the world looks like on the wire.
//!
//! Each renderer turns one row into the JSON object that a recorded Gitea
//! gives for it, key by key; `tests/sandbox/records.rs` holds them to it.
//!
//! Invariant: nothing here knows the client's types; the shapes come from
//! `tests/data` alone.

pub(super) mod issue;
mod pull;
mod repo;
mod review;

use super::{Inner, auth::Actor, state::State};
use crate::model::Time;
use serde_json::{Value, json};

/// Somebody looking at the world.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub world: &'a Inner,
    pub state: &'a State,
    pub actor: Option<&'a Actor>,
}

impl View<'_> {
    /// A moment in the server's zone.
    pub fn time(&self, time: Time) -> String {
        self.world.wire_time(time)
    }

    /// An account as others see it; an unknown login is a deleted one.
    pub fn user(&self, login: &str) -> Value {
        let Some(user) = self.state.user(login) else {
            return self.account(-1, "Ghost", Time(0), false);
        };
        self.account(user.id, &user.login, user.created, false)
    }

    /// An account as its owner sees it.
    pub fn own_user(&self, login: &str) -> Option<Value> {
        let user = self.state.user(login)?;
        Some(self.account(user.id, &user.login, user.created, true))
    }

    fn account(&self, id: i64, login: &str, created: Time, own: bool) -> Value {
        let base = &self.world.base;
        let last_login = if own {
            self.time(Time(0))
        } else {
            NEVER.to_owned()
        };
        json!({
            "id": id, "login": login, "login_name": "", "source_id": 0, "full_name": "",
            "email": email(login),
            "avatar_url": format!("{base}/avatars/{}", hex::encode(login)),
            "html_url": format!("{base}/{login}"), "language": "", "is_admin": false,
            "last_login": last_login, "created": self.time(created), "restricted": false,
            "active": own, "prohibit_login": false, "location": "", "website": "",
            "description": "", "visibility": "public", "followers_count": 0,
            "following_count": 0, "starred_repos_count": 0, "username": login,
        })
    }
}

/// Go's zero time, as a stock server writes "never".
const NEVER: &str = "0001-01-01T00:00:00Z";

/// The address under which the server commits for an account.
pub(super) fn email(login: &str) -> String {
    format!("{login}@noreply.localhost")
}
