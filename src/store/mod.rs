//! The ledger: one SQLite file, one writer, and the world it folds into.
//!
//! A batch of [`crate::model::Change`]s becomes one transaction; once it is on
//! disk the same batch is handed on, so that the world in memory folds exactly
//! what was committed. At start the rows become changes again and pass through
//! the same fold.
//!
//! Invariant: what `commit` acknowledged survives a crash, and what it refused
//! left nothing behind.
//!
//! Start with [`ledger`] (the handle), then `writer` (the thread), `rows` (one
//! file per table: how a row is written and read) and `migrations/`.

mod brief;
mod error;
mod file;
mod history;
mod identity;
pub mod ledger;
mod lock;
mod migrate;
mod open;
mod owner;
mod reader;
mod rows;
mod story;
mod trace;
mod writer;

pub use brief::Brief;
pub use error::StoreError;
pub use file::make_folder;
pub use identity::{FACTORY_FILE, factory_id, marker_key};
pub use ledger::Ledger;
pub use lock::{Holder, signed};
pub use migrate::{MIGRATIONS, Migration};
pub use open::{Opened, Options, open, open_read_only, open_with};
pub use owner::{
    ACCOUNT_FILE, PROJECT_FILE, account, check_project, claim_account, claim_project, open_own,
};
pub use reader::{Message, Reader};
pub use story::Entry;
pub use trace::{BackupTrace, TRACE_FILE};

/// The ledger's name in the state directory.
pub const LEDGER_FILE: &str = "ledger.db";
