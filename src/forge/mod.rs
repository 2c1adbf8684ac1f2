//! The Gitea and Forgejo client: calls become requests, answers become nouns of the model.
//!
//! A thin client, made for Gitea ≥ 1.20 and Forgejo ≥ 7: what differs between
//! them is tried, not assumed. Invariant: a write is sent at most once, a
//! redirect is never followed, no address from a payload is ever used, and every
//! error says what it means for the effect that met it. Start with [`client`]
//! and [`status`] (the table of answers); `wire` holds the shapes on the wire.

pub mod breaker;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod retry;
pub mod status;

mod answer;
mod call;
mod comments;
mod hooks;
mod issues;
mod labels;
mod meter;
mod paging;
mod people;
mod pulls;
mod repo;
mod reviews;
mod scopes;
mod send;
mod version;
mod wire;

pub use breaker::{Admission, Breaker, BreakerState, Health};
pub use client::{Client, ForgeConfig};
pub use comments::Comment;
pub use endpoint::{Endpoint, Nature};
pub use error::ForgeError;
pub use hooks::{EVENTS, Hook, NewHook};
pub use issues::{Dependency, IssueItem};
pub use labels::Label;
pub use paging::{Listing, Page};
pub use pulls::Pull;
pub use repo::{Branch, Features};
pub use retry::Limits;
pub use reviews::{InlineComment, Review, Reviews};
pub use scopes::Scopes;
pub use status::{Class, Verdict};
pub use version::{Software, Version};
