//! The handle to the ledger: commit, read, back up, close.
//!
//! Invariant: a handle never touches the writer's connection; commits go
//! through the writer's queue, one after another, and reads through
//! connections of their own that no commit waits for.

use super::{Reader, StoreError, migrate, open, writer::Command};
use crate::model::Change;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Reads at once; more wait.
const READERS_MAX: usize = 4;

/// A handle to the one writer; its clones are the same ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    commands: mpsc::Sender<Command>,
    readers: Arc<Readers>,
}

#[derive(Debug)]
struct Readers {
    path: PathBuf,
    slots: Semaphore,
    idle: Mutex<Vec<Reader>>,
}

impl Ledger {
    pub(super) fn new(commands: mpsc::Sender<Command>, path: PathBuf) -> Ledger {
        Ledger {
            commands,
            readers: Arc::new(Readers {
                path,
                slots: Semaphore::new(READERS_MAX),
                idle: Mutex::new(Vec::new()),
            }),
        }
    }

    /// Writes a batch, whole or not at all. When it returns `Ok` the batch is on
    /// disk and stands in `committed`. A caller that is dropped while it waits
    /// does not recall its batch. An empty batch is nothing.
    ///
    /// # Errors
    /// When the batch could not be written: nothing of it was, and later commits
    /// may succeed unless the error is fatal.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.ask(|reply| Command::Commit { changes, reply }).await?
    }

    /// Reads beside the writer, on a thread that may block.
    ///
    /// # Errors
    /// When the ledger cannot be opened for reading, or as `look` says.
    pub async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let slot = readers.slots.acquire().await;
        let _slot = slot.map_err(|_| StoreError::Stopped)?;
        let shared = Arc::clone(&readers);
        let done = tokio::task::spawn_blocking(move || {
            let reader = shared.take()?;
            let found = look(&reader);
            shared.give_back(reader);
            found
        });
        done.await.map_err(|_| StoreError::Stopped)?
    }

    /// As [`Ledger::read`], with every answer of the same moment: many small questions
    /// cost one look at the file. `look` asks nothing that takes a moment of its own.
    ///
    /// # Errors
    /// When the ledger cannot be opened for reading, or as `look` says.
    pub async fn read_at_once<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    {
        self.read(move |reader| {
            let _moment = reader.moment()?;
            look(reader)
        })
        .await
    }

    /// Writes a whole, consistent copy to a file, replacing it.
    ///
    /// # Errors
    /// When the copy cannot be made; what stood there stays.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let to = to.to_owned();
        self.read(move |reader| migrate::copy(reader.conn(), reader.path(), &to))
            .await
    }

    /// Ends the writer after the batches already queued; then the lock is free.
    /// Later commits by other handles fail with [`StoreError::Stopped`].
    ///
    /// # Errors
    /// When it has ended before.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.slots.close();
        self.readers.clear();
        self.ask(|reply| Command::Close { reply }).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| StoreError::Stopped)?;
        answer.await.map_err(|_| StoreError::Stopped)
    }
}

impl Readers {
    fn take(&self) -> Result<Reader, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        match idle {
            Some(reader) => Ok(reader),
            None => open::reader(&self.path),
        }
    }

    fn give_back(&self, reader: Reader) {
        if !self.slots.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(reader);
        }
    }

    fn clear(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
