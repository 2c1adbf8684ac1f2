//! Opening the ledger: lock, file, migrations, identity, world, writer thread.
//!
//! Invariant: nothing is opened for writing without the lock, nor by root where it is
//! another user's, and readers never create, lock or migrate anything.

use super::{
    LEDGER_FILE, Ledger, MIGRATIONS, Migration, Reader, StoreError, file, identity, lock, migrate,
    rows, writer,
};
use crate::{
    clock::Clock,
    model::{Change, FactoryId, World},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::{os::unix::ffi::OsStrExt, path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Committed batches that may wait for the loop; then the writer waits.
const COMMITTED_BATCHES_MAX: usize = 1024;
/// Statements kept prepared.
const STATEMENTS_CACHED_MAX: usize = 64;
/// The size to which the write-ahead log shrinks after a checkpoint, in bytes.
const LOG_BYTES_KEPT: i64 = 16 << 20;

/// What may be set besides the directory.
#[derive(Clone, Debug)]
pub struct Options {
    /// The largest number of 4 KiB pages the ledger may have.
    pub pages_max: Option<u32>,
    /// How long to wait for another program's transaction.
    pub busy_timeout: Duration,
    /// The steps to the wanted schema.
    pub migrations: &'static [Migration],
}

impl Default for Options {
    fn default() -> Options {
        Options {
            pages_max: None,
            busy_timeout: Duration::from_secs(5),
            migrations: MIGRATIONS,
        }
    }
}

/// An open ledger and what it held.
#[derive(Debug)]
pub struct Opened {
    /// The handle.
    pub ledger: Ledger,
    /// The fold of all rows.
    pub world: World,
    /// Each batch after it was committed, in order. Drain it: when it is full
    /// commits wait. Dropping it is fine.
    pub committed: mpsc::Receiver<Arc<Vec<Change>>>,
    /// The ledger was made now.
    pub fresh: bool,
    /// Who this factory is.
    pub factory: FactoryId,
}

/// Opens the ledger of a state directory, making both if need be.
///
/// # Errors
/// When another factory holds it, or it cannot be read, made or migrated.
pub fn open(state_dir: &Path, clock: Clock) -> Result<Opened, StoreError> {
    open_with(state_dir, clock, &Options::default())
}

/// As [`open`], with options.
///
/// # Errors
/// As [`open`].
pub fn open_with(state_dir: &Path, clock: Clock, options: &Options) -> Result<Opened, StoreError> {
    file::private_dir(state_dir)?;
    not_of_another(state_dir, &clock)?;
    let lock = lock::take(state_dir, &clock)?;
    let path = state_dir.join(LEDGER_FILE);
    file::private_file(&path)?;
    let mut conn = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, options)?;
    // Before anything is set: a file from the future, or of another program, stays as it is.
    let found = migrate::known_version(&conn, &path, options.migrations)?;
    if found < migrate::newest(options.migrations) {
        check(&conn, &path)?;
        prepare(&conn, &path, options)?;
        migrate::run(&mut conn, &path, options.migrations)?;
    } else {
        prepare(&conn, &path, options)?;
    }
    migrate::whole(&conn, &path, options.migrations)?;
    let world = load_checked(&conn, &path, options)?;
    let factory = settle_factory(&conn, state_dir, &path)?;
    let (sender, committed) = mpsc::channel(COMMITTED_BATCHES_MAX);
    let ledger = writer::start(conn, lock, path, clock, sender)?;
    Ok(Opened {
        ledger,
        world,
        committed,
        fresh: found == 0,
        factory,
    })
}

/// Refuses root the state of another user, unless it is held: then that is what is said.
fn not_of_another(state_dir: &Path, clock: &Clock) -> Result<(), StoreError> {
    let Some((owner, _)) = file::other_owner(state_dir) else {
        return Ok(());
    };
    if state_dir.join(lock::FILE).exists() {
        lock::take(state_dir, clock)?;
    }
    Err(StoreError::OtherOwner {
        path: state_dir.to_owned(),
        owner,
    })
}

/// Opens the ledger of a state directory beside a running factory, to look only.
///
/// # Errors
/// When there is none, or it is of another schema.
pub fn open_read_only(state_dir: &Path) -> Result<Reader, StoreError> {
    let path = state_dir.join(LEDGER_FILE);
    // A ledger without its log has no writer. Opened as usual it would be given an
    // empty log and index, which stay, and may belong to another user than the factory.
    let log = path.with_extension("db-wal");
    if path.exists() && !log.exists() {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let conn = connect(Path::new(&still(&path)), flags, &Options::default())?;
        return whole(checked(conn, &path)?);
    }
    whole(reader(&path)?)
}

/// A reader of a ledger that lacks nothing of its schema.
fn whole(reader: Reader) -> Result<Reader, StoreError> {
    migrate::whole(reader.conn(), reader.path(), MIGRATIONS)?;
    Ok(reader)
}

/// The name under which SQLite opens a file that nobody writes.
fn still(path: &Path) -> String {
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' => name.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => name.push(char::from(*byte)),
            byte => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name + "?immutable=1"
}

/// A connection that only reads, checked to be of our schema.
pub(super) fn reader(path: &Path) -> Result<Reader, StoreError> {
    if !path.exists() {
        return Err(StoreError::NoLedger {
            path: path.to_owned(),
        });
    }
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, &Options::default())?;
    checked(conn, path)
}

fn checked(conn: Connection, path: &Path) -> Result<Reader, StoreError> {
    let known = migrate::newest(MIGRATIONS);
    match migrate::version(&conn, path)? {
        0 => Err(StoreError::NoLedger {
            path: path.to_owned(),
        }),
        found if found > known => Err(migrate::newer(path, found, known)),
        found if found < known => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known,
        }),
        _ => Ok(Reader::new(conn, path.to_owned())),
    }
}

fn connect(path: &Path, mode: OpenFlags, options: &Options) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| StoreError::sql(path, e))?;
    conn.busy_timeout(options.busy_timeout)
        .map_err(|e| StoreError::sql(path, e))?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    Ok(conn)
}

/// Whether the file is sound, by SQLite's own check, with the first fault found.
pub(super) fn check(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|e| StoreError::sql(path, e))?;
    if verdict == "ok" {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        path: path.to_owned(),
        what: verdict,
    })
}

/// Folds all rows while the file is checked beside it: with a long life each takes
/// seconds. The check has the first word on what is wrong.
fn load_checked(conn: &Connection, path: &Path, options: &Options) -> Result<World, StoreError> {
    std::thread::scope(|scope| {
        let sound = scope.spawn(|| {
            let beside = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
            check(&beside, path)
        });
        let world = World::load(|apply| rows::load(conn, path, apply));
        sound.join().unwrap_or(Err(StoreError::Stopped))?;
        world
    })
}

/// Sets how the file is written.
fn prepare(conn: &Connection, path: &Path, options: &Options) -> Result<(), StoreError> {
    let fail = |e| StoreError::sql(path, e);
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(fail)?;
    if mode != "wal" {
        return Err(StoreError::io(
            "keep a write-ahead log beside",
            path,
            std::io::Error::other("the file system has no shared memory, as with NFS"),
        ));
    }
    conn.pragma_update(None, "synchronous", "full")
        .and_then(|()| conn.pragma_update(None, "foreign_keys", true))
        .and_then(|()| conn.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT))
        .map_err(fail)?;
    match options.pages_max {
        Some(pages) => conn
            .pragma_update(None, "max_page_count", pages)
            .map_err(fail),
        None => Ok(()),
    }
}

/// The factory's id: `factory.id` counts; the ledger mends its loss, and a
/// ledger of another factory is refused.
fn settle_factory(
    conn: &Connection,
    state_dir: &Path,
    path: &Path,
) -> Result<FactoryId, StoreError> {
    let fail = |e| StoreError::sql(path, e);
    let known = stored_factory(conn).map_err(fail)?;
    let factory = match &known {
        Some(id) => identity::factory_id_or(state_dir, || Ok(id.clone()))?,
        None => identity::factory_id(state_dir)?,
    };
    match known {
        Some(ledger) if ledger != factory.0 => Err(StoreError::OtherFactory {
            path: state_dir.join("factory.id"),
            file: factory.0,
            ledger,
        }),
        Some(_) => Ok(factory),
        None => conn
            .execute(
                "INSERT INTO meta (name, value) VALUES ('factory', ?1)",
                [factory.as_str()],
            )
            .map(|_| factory)
            .map_err(fail),
    }
}

/// The factory that a ledger says it belongs to.
pub(super) fn stored_factory(conn: &Connection) -> rusqlite::Result<Option<String>> {
    conn.query_row("SELECT value FROM meta WHERE name = 'factory'", [], |row| {
        row.get(0)
    })
    .optional()
}
