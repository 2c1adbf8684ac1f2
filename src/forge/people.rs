//! People: the factory's own account, who may write, what one login may do.
//!
//! Invariant: "may not be asked" is `None`, never "may write".

use super::{
    Client, Endpoint, ForgeError, Listing,
    call::Call,
    issues::nothing,
    wire::{self, User, repo::RawPermission},
};
use crate::model::Person;

impl Client {
    /// The account the token belongs to.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn me(&self) -> Result<Person, ForgeError> {
        let call = Call::new(Endpoint::Me, "the token's account", &["user"]);
        let user: Option<User> = self.send(&call).await?.json()?;
        let me = wire::person(user);
        if me.id > 0 {
            Ok(me)
        } else {
            Err(nothing(Endpoint::Me, "an account"))
        }
    }

    /// Who can be assigned: those with write access, the owner included.
    ///
    /// # Errors
    /// Any [`ForgeError`] of a read.
    pub async fn assignees(&self) -> Result<Vec<Person>, ForgeError> {
        let call = self.call(Endpoint::Assignees, "the assignee list", &["assignees"]);
        let listing: Listing<User> = self.whole(&call).await?;
        let people = listing
            .items
            .into_iter()
            .map(|user| wire::person(Some(user)));
        Ok(people.filter(|person| person.id > 0).collect())
    }

    /// What a login may do: `none`, `read`, `write`, `admin` or `owner`; `None` when
    /// the token may not ask, the server cannot tell or there is no such login.
    ///
    /// # Errors
    /// Any other [`ForgeError`] of a read.
    pub async fn permission(&self, login: &str) -> Result<Option<String>, ForgeError> {
        let call = self.call(
            Endpoint::Permission,
            format!("the account `{login}`"),
            &["collaborators", login, "permission"],
        );
        match self.send(&call).await {
            Ok(reply) => {
                let raw: RawPermission = reply.json()?;
                Ok((!raw.permission.is_empty()).then_some(raw.permission))
            }
            Err(
                ForgeError::Forbidden { missing: None, .. }
                | ForgeError::NotFound { .. }
                | ForgeError::NotAllowed { .. },
            ) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
