//! The one thread that writes: batches become transactions, one after another.
//!
//! Invariant: a batch is answered only after it is on disk and was handed on in
//! commit order; after a failed batch the writer lives on.

use super::{Ledger, StoreError, file::FileId, lock::Lock, rows};
use crate::{
    clock::Clock,
    model::{Change, Time},
};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};
use tokio::sync::{mpsc, oneshot};

/// Batches that may wait for the writer; then callers wait.
const COMMITS_WAITING_MAX: usize = 64;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    /// Write a batch.
    Commit {
        /// The batch.
        changes: Vec<Change>,
        /// Where the answer goes.
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// End.
    Close {
        /// Told when file and lock are free.
        reply: oneshot::Sender<()>,
    },
}

struct Writer {
    conn: Connection,
    path: PathBuf,
    opened: Option<FileId>,
    clock: Clock,
    committed: mpsc::Sender<Arc<Vec<Change>>>,
    // Last, so that the file is closed before the lock is free.
    _lock: Lock,
}

/// Starts the thread; it ends when it is told or when all handles are gone.
pub(super) fn start(
    conn: Connection,
    lock: Lock,
    path: PathBuf,
    clock: Clock,
    committed: mpsc::Sender<Arc<Vec<Change>>>,
) -> Result<Ledger, StoreError> {
    let (commands, queue) = mpsc::channel(COMMITS_WAITING_MAX);
    let writer = Writer {
        conn,
        opened: FileId::of(&path),
        path: path.clone(),
        clock,
        committed,
        _lock: lock,
    };
    thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || writer.run(queue))
        .map_err(|e| StoreError::io("start the writer of", &path, e))?;
    Ok(Ledger::new(commands, path))
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        while let Some(command) = queue.blocking_recv() {
            match command {
                Command::Commit { changes, reply } => {
                    let result = self.commit(changes);
                    // The caller may be gone; the batch stands all the same.
                    let _ = reply.send(result);
                }
                Command::Close { reply } => {
                    drop(queue);
                    drop(self);
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        // SQLite would go on writing to a file that has no name any more.
        if FileId::of(&self.path) != self.opened {
            return Err(StoreError::Gone {
                path: self.path.clone(),
            });
        }
        write(&mut self.conn, &self.path, &changes, self.clock.now())?;
        // Without a listener the rows on disk are all there is to do.
        let _ = self.committed.blocking_send(Arc::new(changes));
        Ok(())
    }
}

fn write(
    conn: &mut Connection,
    path: &Path,
    changes: &[Change],
    now: Time,
) -> Result<(), StoreError> {
    let fail = |e| StoreError::sql(path, e);
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    for change in changes {
        rows::write(&tx, change, now).map_err(fail)?;
    }
    tx.commit().map_err(fail)
}
