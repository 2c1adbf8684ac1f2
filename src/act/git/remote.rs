//! Whom git may talk to: a URL and a token become the settings of one call.
//!
//! Invariant: the URL holds no credential and no other transport than HTTP(S) or
//! a local path; the header is bound to that URL and exists only in a
//! [`SecretString`] and in the environment of the child.

use super::{GitError, GitErrorKind};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};

/// A credential for git over HTTP.
#[derive(Clone, Debug)]
pub struct GitAuth {
    header: SecretString,
    // What may not appear in an error: the token and its encoded form.
    hide: [SecretString; 2],
}

impl GitAuth {
    /// The user name sent beside a token; Gitea and Forgejo ignore it.
    const USER: &str = "adf";

    /// Basic authentication with the token as password.
    #[must_use]
    pub fn token(token: &SecretString) -> GitAuth {
        let pair = format!("{}:{}", Self::USER, token.expose_secret());
        let encoded = STANDARD.encode(pair);
        GitAuth {
            header: format!("Authorization: Basic {encoded}").into(),
            hide: [encoded.into(), token.clone()],
        }
    }

    /// `text` without the credential in any form.
    #[must_use]
    pub fn clean(&self, text: &str) -> String {
        self.hide.iter().fold(text.to_owned(), |text, secret| {
            match secret.expose_secret() {
                "" => text,
                secret => text.replace(secret, "[token]"),
            }
        })
    }
}

/// A repository elsewhere, as git reaches it.
#[derive(Clone, Debug)]
pub struct Remote {
    url: String,
    auth: Option<GitAuth>,
}

impl Remote {
    /// A remote at an `http://` or `https://` URL without credentials, or at an
    /// absolute path.
    ///
    /// # Errors
    /// When the URL is something else.
    pub fn new(url: &str, auth: Option<GitAuth>) -> Result<Remote, GitError> {
        let refuse = |what: &str| Err(GitError::before("remote", GitErrorKind::Other, what));
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return refuse("the repository's URL holds a space or a control character");
        }
        match rest {
            Some(rest) => {
                let host = rest.split('/').next().unwrap_or_default();
                if host.is_empty() || host.contains('@') {
                    return refuse("the repository's URL must name a host and no user");
                }
            }
            None if url.starts_with('/') && auth.is_none() => {}
            None => return refuse("the repository's URL must begin with https:// or http://"),
        }
        Ok(Remote {
            url: url.to_owned(),
            auth,
        })
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The credential.
    #[must_use]
    pub fn auth(&self) -> Option<&GitAuth> {
        self.auth.as_ref()
    }

    /// The only transports that a call to it may use.
    pub(super) fn protocols(&self) -> &'static str {
        if self.url.starts_with('/') {
            "file"
        } else {
            "http:https"
        }
    }

    /// The setting that carries the credential, for the environment only.
    pub(super) fn header(&self) -> Option<(String, SecretString)> {
        let auth = self.auth.as_ref()?;
        Some((
            format!("http.{}.extraHeader", self.url),
            auth.header.clone(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_without_a_user_and_local_paths_are_remotes() {
        for good in ["https://git.example.org/o/r.git", "http://h:3000/o/r", "/r"] {
            assert!(Remote::new(good, None).is_ok(), "{good}");
        }
        for bad in [
            "https://user:secret@host/o/r",
            "http:///o/r",
            "ext::sh -c id",
            "ssh://host/r",
            "host:r",
            "--upload-pack=x",
            "https://h/o/r\nx",
            "",
        ] {
            assert!(Remote::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_credential_never_goes_with_a_local_path() {
        let auth = GitAuth::token(&"t".into());
        assert!(Remote::new("/r", Some(auth)).is_err());
    }

    #[test]
    fn the_token_is_cleaned_in_both_forms_and_hidden_in_debug() {
        let auth = GitAuth::token(&"s3cret".into());
        assert_eq!(
            auth.header.expose_secret(),
            "Authorization: Basic YWRmOnMzY3JldA=="
        );
        assert_eq!(auth.clean("a s3cret YWRmOnMzY3JldA=="), "a [token] [token]");
        assert!(!format!("{auth:?}").contains("s3cret"));
    }
}
