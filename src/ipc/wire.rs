//! What all the sockets share: keys, long paths, bounded lines, answers.
//!
//! Invariant: a path longer than a socket address (108 bytes) works as well as a short one, a
//! line above its bound is refused without being kept, keys are compared in constant time.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::AsRawFd,
        unix::{
            fs::{OpenOptionsExt, PermissionsExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
    sync::Semaphore,
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

/// How long a client may take to send its line or to take its answer.
pub(crate) const PEER_WAIT: Duration = Duration::from_secs(10);

/// Connections of one socket served at once; more wait.
const CONNECTIONS_MAX: usize = 8;
/// How much of a message that is too long is read before it is answered.
const DRAINED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long to wait before accepting again when the system has no descriptor left.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// An open socket with its key; dropping it closes and removes both.
#[derive(Debug)]
pub struct OpenSocket {
    /// The socket's file and the key's.
    files: [PathBuf; 2],
    serving: AbortHandle,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.serving.abort();
        // The key is worthless now; whoever opens next makes a new one.
        for file in &self.files {
            let _ = remove(file);
        }
    }
}

/// Opens a socket in a folder, with a new key beside it that `hear` is given with each
/// connection.
pub(crate) fn open<H>(folder: &Path, socket: &str, key: &str, hear: H) -> io::Result<OpenSocket>
where
    H: Fn(tokio::net::UnixStream, Arc<str>) -> BoxFuture<'static, io::Result<()>>
        + Send
        + Sync
        + 'static,
{
    let files = [folder.join(socket), folder.join(key)];
    let made: Arc<str> = make_key(&files[1])?.into();
    let listener = listen(folder, socket)?;
    let serving = tokio::spawn(serve(listener, move |stream| {
        hear(stream, Arc::clone(&made))
    }));
    Ok(OpenSocket {
        files,
        serving: serving.abort_handle(),
    })
}

/// Answers with what was granted, or why nothing was.
pub(crate) async fn answer(
    stream: &mut tokio::net::UnixStream,
    answer: Result<Value, String>,
) -> io::Result<()> {
    let line = match answer {
        Ok(answer) => json!({"ok": true, "answer": answer}),
        Err(error) => json!({"ok": false, "error": error}),
    };
    write_line(stream, &line).await
}

/// Writes a new random key, 32 bytes as hex, for the owner only.
pub(crate) fn make_key(path: &Path) -> io::Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let key = hex::encode(bytes);
    remove(path)?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(key.as_bytes())?;
    Ok(key)
}

/// Compares without telling by time where they differ.
pub(crate) fn same_key(key: &str, given: &str) -> bool {
    let (key, given) = (key.as_bytes(), given.as_bytes());
    let differ = key
        .iter()
        .zip(given)
        .fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    key.len() == given.len() && differ == 0
}

/// Removes a file that may be gone.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A short name for a socket in an open folder: addresses hold 108 bytes, paths do not.
fn short(folder: &File, name: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
}

/// Listens on a socket in a folder, for the owner only, in the place of a dead one.
fn listen(folder: &Path, name: &str) -> io::Result<UnixListener> {
    let path = folder.join(name);
    remove(&path)?;
    let open = File::open(folder)?;
    let listener = UnixListener::bind(short(&open, name))?;
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves each connection with `hear`, for as long as the task lives; who does not
/// speak in time loses the seat. Dropping the task ends every conversation.
async fn serve(
    listener: UnixListener,
    hear: impl Fn(tokio::net::UnixStream) -> BoxFuture<'static, io::Result<()>>,
) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut talks = JoinSet::new();
    while let Ok(seat) = Arc::clone(&seats).acquire_owned().await {
        while talks.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let talk = timeout(PEER_WAIT, hear(stream));
                talks.spawn(async move {
                    if !matches!(talk.await, Ok(Ok(()))) {
                        tracing::debug!("a peer of a local socket went away or was too slow");
                    }
                    drop(seat);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a local socket accepts no connection");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Reads one line; an error names the bound when it is longer. What is too long is read on and
/// thrown away, for a peer that is still writing would not hear the answer.
pub(crate) async fn read_line(
    stream: &mut tokio::net::UnixStream,
    bytes_max: usize,
) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let (mut chunk, mut bytes_read) = ([0; 4096], 0);
    loop {
        let got = stream.read(&mut chunk).await?;
        let bytes = chunk.get(..got).unwrap_or_default();
        let end = bytes.iter().position(|byte| *byte == b'\n');
        bytes_read += got;
        if line.len() <= bytes_max {
            line.extend_from_slice(bytes.get(..end.unwrap_or(got)).unwrap_or_default());
        }
        let is_over = end.is_some() || got == 0;
        if line.len() > bytes_max && (is_over || bytes_read > DRAINED_BYTES_MAX) {
            let fault = format!("the message is larger than {bytes_max} bytes; shorten it");
            return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
        }
        if is_over && line.len() <= bytes_max {
            return Ok(line);
        }
    }
}

/// Answers with one line.
async fn write_line(stream: &mut tokio::net::UnixStream, answer: &Value) -> io::Result<()> {
    let mut line = answer.to_string();
    line.push('\n');
    stream.write_all(line.as_bytes()).await?;
    stream.shutdown().await
}

/// Client side: one line there, one line back.
pub(crate) fn call(
    folder: &Path,
    name: &str,
    message: &Value,
    answer_bytes_max: u64,
    wait: Duration,
) -> io::Result<Value> {
    let open = File::open(folder)?;
    let mut stream = UnixStream::connect(short(&open, name))?;
    stream.set_read_timeout(Some(wait))?;
    stream.set_write_timeout(Some(wait))?;
    // A factory that refuses a message early has answered already.
    let sent = stream.write_all(format!("{message}\n").as_bytes());
    let mut line = String::new();
    BufReader::new(stream.take(answer_bytes_max)).read_line(&mut line)?;
    if line.is_empty() {
        sent?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_str(&line).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_equal_only_when_every_byte_and_the_length_are() {
        assert!(same_key("abc", "abc"));
        for other in ["abd", "ab", "abcd", "", "bbc"] {
            assert!(!same_key("abc", other), "{other}");
        }
    }

    #[test]
    fn a_key_is_random_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let first = make_key(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert_ne!(make_key(&path).unwrap(), first);
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
