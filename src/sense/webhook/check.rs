//! A delivery → whether it is signed, new, and about this repository.
//!
//! Invariant: nothing of a body is parsed before its signature was found to
//! hold, in constant time; what is remembered of past deliveries is bounded.

use crate::model::RepoId;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use std::collections::{HashSet, VecDeque};

/// The shortest secret, in bytes.
const SECRET_BYTES_MIN: usize = 16;
/// Past deliveries remembered; the oldest is forgotten.
pub const SEEN_MAX: usize = 4096;
/// Bytes kept of a delivery's name; a forge's is a UUID of 36.
const NAME_BYTES_MAX: usize = 64;

/// Headers that may hold the signature, and what stands before its hex digits.
pub const SIGNATURES: [(&str, &str); 3] = [
    ("x-gitea-signature", ""),
    ("x-forgejo-signature", ""),
    ("x-hub-signature-256", "sha256="),
];

/// A secret that anybody could guess.
#[derive(Debug, thiserror::Error)]
#[error(
    "the webhook's secret has fewer than {SECRET_BYTES_MIN} bytes; make one with `openssl rand -hex 32` and give it to the forge's webhook too"
)]
pub struct WeakSecret;

/// What signs deliveries.
pub struct Key(SecretString);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A key of enough bytes.
    ///
    /// # Errors
    /// When it has too few.
    pub fn new(secret: SecretString) -> Result<Key, WeakSecret> {
        if secret.expose_secret().len() < SECRET_BYTES_MIN {
            return Err(WeakSecret);
        }
        Ok(Key(secret))
    }

    /// The signature, if it is of this body under this key.
    #[must_use]
    pub fn verify(&self, body: &[u8], hex_digits: &str) -> Option<Vec<u8>> {
        let given = hex::decode(hex_digits).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes()).ok()?;
        mac.update(body);
        mac.verify_slice(&given).ok()?;
        Some(given)
    }
}

/// The hex digits of a delivery's signature: of the first header that has some.
pub fn signature<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Option<&'a str> {
    SIGNATURES.iter().find_map(|(name, prefix)| {
        let digits = header(name)?.trim().strip_prefix(prefix)?;
        (!digits.is_empty()).then_some(digits)
    })
}

/// Deliveries that came before.
#[derive(Debug, Default)]
pub struct Seen {
    known: HashSet<Vec<u8>>,
    order: VecDeque<Vec<u8>>,
}

impl Seen {
    /// Whether a delivery was here: by its name, which nothing signs, or by its
    /// signature, so that a new name does not make an old body new.
    pub fn again(&mut self, name: Option<&str>, signature: Vec<u8>) -> bool {
        let name = name.map(|name| {
            let bytes = name.as_bytes();
            let kept = bytes.get(..NAME_BYTES_MAX).unwrap_or(bytes);
            [b"name ", kept].concat()
        });
        let marks: Vec<Vec<u8>> = name.into_iter().chain([signature]).collect();
        let again = marks.iter().any(|mark| self.known.contains(mark));
        for mark in marks {
            if self.known.insert(mark.clone()) {
                self.order.push_back(mark);
            }
        }
        while self.order.len() > SEEN_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
        again
    }
}

/// What a signed delivery is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// This repository, by somebody else.
    Us,
    /// The factory's own deed.
    OwnDeed,
    /// Another repository.
    Elsewhere,
    /// Nothing that can be read.
    Nothing,
}

#[derive(Deserialize)]
struct Delivery {
    repository: Option<Numbered>,
    sender: Option<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    id: i64,
}

/// What a body is about. Its words are not looked at: the forge is asked for them.
#[must_use]
pub fn about(body: &[u8], repo: RepoId, me: i64) -> About {
    let Ok(delivery) = serde_json::from_slice::<Delivery>(body) else {
        return About::Nothing;
    };
    match (delivery.repository, delivery.sender) {
        (None, _) => About::Nothing,
        (Some(about), _) if about.id != repo.0 => About::Elsewhere,
        (_, Some(sender)) if sender.id == me => About::OwnDeed,
        _ => About::Us,
    }
}
