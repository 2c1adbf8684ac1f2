//! One call: arguments become output or a typed error, whatever the child does.
//!
//! Invariant: the child starts from an empty environment in a process group of
//! its own; the group is ended when the call passes its limit, says too much or
//! is dropped: TERM first, so that git removes its lock files, then KILL.

use super::{Git, GitError, GitErrorKind, LOCAL_LIMIT, Remote, SETTINGS, group::Group};
use secrecy::{ExposeSecret, SecretString};
use std::{ffi::OsString, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
    time::timeout,
};

/// Output kept of a call that does not ask for more, in bytes.
pub const STDOUT_MAX_BYTES: usize = 1 << 20;
/// The end of the complaint kept in memory, in bytes.
pub const STDERR_TAIL_BYTES: usize = 8 << 10;

const READ_CHUNK_BYTES: usize = 64 << 10;

type Input = Box<dyn AsyncRead + Send + Unpin>;

/// A call being filled in; nothing runs before [`Call::run`].
#[must_use = "a call does nothing until it is run"]
pub struct Call<'a> {
    git: &'a Git,
    verb: &'static str,
    places: Vec<OsString>,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    remote: Option<&'a Remote>,
    input: Option<Input>,
    cap: usize,
    limit: Duration,
}

/// What a call that ran gave, whatever its exit.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// All it said on its standard output.
    pub stdout: Vec<u8>,
    /// The end of what it said on its standard error, cleaned of the credential.
    pub stderr: String,
}

impl<'a> Call<'a> {
    pub(super) fn new(git: &'a Git, verb: &'static str) -> Call<'a> {
        Call {
            git,
            verb,
            places: Vec::new(),
            args: Vec::new(),
            env: Vec::new(),
            remote: None,
            input: None,
            cap: STDOUT_MAX_BYTES,
            limit: LOCAL_LIMIT,
        }
    }

    /// In this repository, found nowhere else.
    pub fn dir(mut self, dir: &Path) -> Self {
        let mut place = OsString::from("--git-dir=");
        place.push(dir);
        self.places.push(place);
        self
    }

    /// With this worktree.
    pub fn worktree(mut self, dir: &Path) -> Self {
        let mut place = OsString::from("--work-tree=");
        place.push(dir);
        self.places.push(place);
        self
    }

    /// With one more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// With more arguments.
    pub fn args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Talking to this remote, and to no other; its credential goes along.
    pub fn remote(mut self, remote: &'a Remote) -> Self {
        self.remote = Some(remote);
        self
    }

    /// New objects go to this directory instead of the repository's.
    pub fn objects(mut self, dir: &Path) -> Self {
        self.env.push(("GIT_OBJECT_DIRECTORY", dir.into()));
        self
    }

    /// With this on its standard input.
    pub fn input(mut self, input: impl AsyncRead + Send + Unpin + 'static) -> Self {
        self.input = Some(Box::new(input));
        self
    }

    /// With at most so many bytes of output.
    pub fn cap(mut self, bytes: usize) -> Self {
        self.cap = bytes;
        self
    }

    /// For at most so long.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; an exit other than 0 is an error.
    ///
    /// # Errors
    /// A [`GitError`] of the kind that git's words describe.
    pub async fn run(self) -> Result<Vec<u8>, GitError> {
        let verb = self.verb;
        let answer = self.answer().await?;
        if answer.code == Some(0) {
            return Ok(answer.stdout);
        }
        // `push --porcelain` names the refusal on its standard output.
        let said = String::from_utf8_lossy(&answer.stdout);
        let words = match verb {
            "push" => format!("{}\n{said}", answer.stderr),
            _ => answer.stderr,
        };
        Err(GitError::from_words(verb, answer.code, &words))
    }

    /// Runs it and hands back what came, for verbs whose exit is an answer.
    ///
    /// # Errors
    /// When it cannot start, passes its limit or says too much.
    pub async fn answer(mut self) -> Result<Answer, GitError> {
        let verb = self.verb;
        let unstarted =
            |error: std::io::Error| GitError::before(verb, GitErrorKind::NotStarted, error);
        std::fs::create_dir_all(&self.git.home).map_err(unstarted)?;
        // One that talks to a remote mostly waits for it, and waits for nobody else.
        let _turn = match self.remote {
            None => self.git.local.acquire().await.ok(),
            Some(_) => None,
        };
        let input = self.input.take();
        let mut child = self.command(input.is_some()).spawn().map_err(unstarted)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut group = Group::new(child);
        let work = async {
            let (_, stdout, stderr) = tokio::try_join!(
                feed(pipes.0, input),
                read_all(pipes.1, self.cap),
                read_tail(pipes.2)
            )?;
            Ok::<_, Broken>((group.wait().await?, stdout, stderr))
        };
        let ended = timeout(self.limit, work).await;
        let broken = match ended {
            Ok(Ok((code, stdout, stderr))) => {
                group.done();
                let stderr = self.clean(&String::from_utf8_lossy(&stderr));
                return Ok(Answer {
                    code,
                    stdout,
                    stderr,
                });
            }
            Ok(Err(broken)) => broken,
            Err(_) => Broken::Timeout(self.limit),
        };
        group.stop().await;
        Err(match broken {
            Broken::Timeout(limit) => {
                GitError::before(verb, GitErrorKind::Timeout, format_args!("{limit:?}"))
            }
            Broken::TooMuch(cap) => GitError::before(
                verb,
                GitErrorKind::TooMuchOutput,
                format_args!("over {cap} bytes"),
            ),
            Broken::Io(error) => GitError::before(verb, GitErrorKind::Other, error),
        })
    }

    fn clean(&self, text: &str) -> String {
        match self.remote.and_then(Remote::auth) {
            Some(auth) => auth.clean(text),
            None => text.to_owned(),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the factory starts its own git"
    )]
    fn command(&self, fed: bool) -> Command {
        let mut command = Command::new(self.git.executable());
        command
            .args(&self.places)
            .arg(self.verb)
            .args(&self.args)
            .current_dir(&self.git.home)
            .env_clear()
            .env("PATH", &self.git.path)
            .env("HOME", &self.git.home)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            // An empty helper keeps git from looking for another one.
            .env("GIT_ASKPASS", "")
            .env(
                "GIT_ALLOW_PROTOCOL",
                self.remote.map_or("none", Remote::protocols),
            )
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .stdin(if fed { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let header = self.remote.and_then(Remote::header);
        let settings = SETTINGS
            .iter()
            .map(|(key, value)| ((*key).to_owned(), SecretString::from(*value)))
            .chain(header);
        let mut count = 0_usize;
        for (key, value) in settings {
            command
                .env(format!("GIT_CONFIG_KEY_{count}"), key)
                .env(format!("GIT_CONFIG_VALUE_{count}"), value.expose_secret());
            count += 1;
        }
        command.env("GIT_CONFIG_COUNT", count.to_string());
        command
    }
}

/// Why a call was not seen to its end.
enum Broken {
    Timeout(Duration),
    TooMuch(usize),
    Io(std::io::Error),
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Broken {
        Broken::Io(error)
    }
}

async fn feed(to: Option<ChildStdin>, from: Option<Input>) -> Result<(), Broken> {
    if let (Some(mut to), Some(mut from)) = (to, from) {
        // Git closes its input when it has seen enough; its exit tells the rest.
        match tokio::io::copy(&mut from, &mut to).await {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                return Err(error.into());
            }
            _ => drop(to.shutdown().await),
        }
    }
    Ok(())
}

async fn read_all(from: Option<impl AsyncRead + Unpin>, cap: usize) -> Result<Vec<u8>, Broken> {
    let mut all = Vec::new();
    if let Some(from) = from {
        let more = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
        from.take(more).read_to_end(&mut all).await?;
    }
    if all.len() > cap {
        return Err(Broken::TooMuch(cap));
    }
    Ok(all)
}

async fn read_tail(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Broken> {
    let mut tail = Vec::new();
    let Some(mut from) = from else {
        return Ok(tail);
    };
    let mut chunk = vec![0; READ_CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return Ok(tail);
        }
        tail.extend_from_slice(&chunk[..read]);
        let over = tail.len().saturating_sub(STDERR_TAIL_BYTES);
        tail.drain(..over);
    }
}
