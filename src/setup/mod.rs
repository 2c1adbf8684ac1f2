//! A project's name, repository and wishes → the files of a factory.
//!
//! [`checkout`] looks at the working directory, [`files`] (pure) says what each
//! file holds, with [`prompts`] and [`unit`], [`next`] what is left to do, [`stage`] loads the config from a copy before anything is put in
//! its place, [`diff`] shows what would change, [`summary`] describes the code.
//!
//! Invariant: what is written was taken by `config::load` first, and all of it is
//! put in place or none.

pub mod checkout;
pub mod diff;
pub mod files;
pub mod next;
mod prompts;
pub mod stage;
pub mod summary;
pub mod unit;
pub mod wishes;

pub use stage::{Change, Staged, stage};
pub use wishes::{Kind, Wishes};

/// Why nothing was set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A wish that cannot be had.
    #[error("{0}")]
    Wish(String),
    /// The working directory is not what it should be.
    #[error("{0}")]
    Checkout(String),
    /// The config that would be written has faults.
    #[error("the config that would be written is refused")]
    Config(Vec<crate::config::Fault>),
    /// Files stand there that say something else.
    #[error(
        "{0}: other text stands there; look at the difference, then name --force to replace it"
    )]
    InTheWay(String),
    /// Another project lays claim to the same.
    #[error("{0}")]
    Taken(String),
    /// A file could not be written; nothing was.
    #[error("{what}: {source}; nothing was written")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl SetupError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> SetupError {
        let what = what.into();
        move |source| SetupError::Io { what, source }
    }
}
