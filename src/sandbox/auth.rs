//! Who is asking, and what their token is for.
//!
//! Invariant: an invalid credential is refused everywhere, public pages
//! included; a token never does more than its scopes say.

use super::{answer::Answer, state::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::collections::BTreeSet;

/// Scopes that a working account's token has.
pub(super) const FULL: [&str; 3] = ["write:issue", "write:repository", "write:user"];

/// Somebody who showed a valid token.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub login: String,
    pub scopes: BTreeSet<String>,
}

impl Actor {
    /// Whether the token covers `category` at the level the method needs.
    pub fn covers(&self, category: &str, write: bool) -> bool {
        let has = |scope: &str| self.scopes.contains(scope);
        has("all")
            || has(&format!("write:{category}"))
            || (!write && has(&format!("read:{category}")))
    }

    /// Gitea's refusal of a token without the scope.
    pub fn require(&self, category: &str, write: bool) -> Result<(), Answer> {
        if self.covers(category, write) {
            return Ok(());
        }
        let level = if write { "write" } else { "read" };
        let own: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        Err(Answer::error(
            403,
            format!(
                "token does not have at least one of required scope(s), required=[{level}:{category}], token scope={}",
                own.join(",")
            ),
        ))
    }
}

/// Reads an `Authorization` header; none is nobody, an unknown one is refused.
pub(super) fn actor(state: &State, header: Option<&str>) -> Result<Option<Actor>, Answer> {
    let Some(header) = header else {
        return Ok(None);
    };
    let refused = || Answer::error(401, "invalid username, password or token");
    let token = secret(header).ok_or_else(refused)?;
    let found = token.iter().find_map(|text| state.tokens.get(text));
    let row = found.ok_or_else(refused)?;
    Ok(Some(Actor {
        login: row.login.clone(),
        scopes: row.scopes.clone(),
    }))
}

/// The texts of a header that may be the token.
fn secret(header: &str) -> Option<Vec<String>> {
    let (scheme, rest) = header.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "token" | "bearer" => Some(vec![rest.trim().to_owned()]),
        "basic" => {
            let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
            let (user, password) = text.split_once(':')?;
            Some(vec![password.to_owned(), user.to_owned()])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basic_header_may_carry_the_token_on_either_side() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(
            secret(&basic("bot:abc")),
            Some(vec!["abc".into(), "bot".into()])
        );
        assert_eq!(secret("Bearer abc"), Some(vec!["abc".into()]));
        assert_eq!(secret("Basic !"), None);
    }

    #[test]
    fn write_implies_read_and_read_does_not_imply_write() {
        let actor = |scope: &str| Actor {
            login: "a".into(),
            scopes: BTreeSet::from([scope.to_owned()]),
        };
        assert!(actor("write:issue").covers("issue", false));
        assert!(!actor("read:issue").covers("issue", true));
        assert!(!actor("write:issue").covers("repository", false));
        assert!(actor("all").covers("user", true));
    }
}
