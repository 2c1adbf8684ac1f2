//! A bundle becomes checked objects and a [`Work`].
//!
//! Invariant: the bundle is opened once and read once, at most `max_bytes` of it;
//! its pack goes through `index-pack --strict` into a directory of its own, is
//! examined there, and joins the repository only when everything held. A refused
//! bundle leaves nothing behind, and taking one again gives the same.

use super::{Deliver, DeliverError, Protected, at, bundle, name, paths, secrets};
use crate::{
    act::git::{Call, GitError, GitErrorKind, PACK_LIMIT, look, place},
    model::{RunId, Sha, Work},
};
use rustix::fs::{CWD, Mode, OFlags, openat};
use std::{
    fs::{self, File},
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

impl Deliver {
    /// Takes what a run made: the commits of `bundle` on top of `base`. `None` when
    /// there is no bundle, no commit in it, or nothing changed by them.
    ///
    /// `bundle` is the agent's file and is trusted in nothing. Call
    /// [`Deliver::ensure`] before.
    ///
    /// # Errors
    /// When the bundle is refused, with the reason, or git or the disk fails.
    pub async fn take(
        &self,
        bundle: &Path,
        run: &RunId,
        base: &Sha,
        max_bytes: u64,
        protected: &Protected,
    ) -> Result<Option<Work>, DeliverError> {
        let _shared = self.gate.read().await;
        let run = name(run.as_str())?;
        look::checked("cat-file", base)?;
        let Some((file, size)) = open(bundle)? else {
            return Ok(None);
        };
        if size > max_bytes {
            let max = max_bytes;
            return Err(DeliverError::TooLarge { found: size, max });
        }
        let mut start = Vec::new();
        let mut file = file.take(size);
        let header_max = u64::try_from(bundle::HEADER_MAX_BYTES).unwrap_or(u64::MAX);
        (&mut file)
            .take(header_max)
            .read_to_end(&mut start)
            .map_err(at("read", bundle))?;
        let header = bundle::header(&start).map_err(DeliverError::Bundle)?;
        let left = file.limit();
        let rest = tokio::fs::File::from_std(file.into_inner()).take(left);
        let pack = AsyncReadExt::chain(Cursor::new(start.split_off(header.length)), rest);

        let own = Quarantine::new(self)?;
        let wanted = [base].into_iter().chain(&header.needs);
        if let Some(absent) = self.git.lacks(&self.dir, wanted).await? {
            if absent == base {
                return Err(DeliverError::NoBase(base.clone()));
            }
            let what = format!("it builds on {absent}, which is not here");
            return Err(DeliverError::Bundle(what));
        }
        own.index(pack, size).await?;
        let head = header.head;
        let Some(mut work) = own.examine(base, &head, protected).await? else {
            return Ok(None);
        };
        work.uncommitted = header.uncommitted;
        own.admit()?;
        self.set_ref(&format!("refs/adf/runs/{run}"), &head).await?;
        Ok(Some(work))
    }
}

/// `<only here>TAB<only there>`, as git counts the commits of two heads.
fn counted(said: &[u8]) -> Option<(u32, u32)> {
    let said = std::str::from_utf8(said).ok()?;
    let (left, right) = said.trim().split_once('\t')?;
    Some((left.parse().ok()?, right.parse().ok()?))
}

/// Opens the agent's file, following no link and waiting for no pipe.
fn open(path: &Path) -> Result<Option<(File, u64)>, DeliverError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(CWD, path, flags, Mode::empty()) {
        Ok(handle) => File::from(handle),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP) => {
            return Err(DeliverError::Bundle("it is a link".to_owned()));
        }
        Err(error) => return Err(at("open", path)(error.into())),
    };
    let meta = file.metadata().map_err(at("read", path))?;
    if !meta.is_file() {
        return Err(DeliverError::Bundle("it is not a plain file".to_owned()));
    }
    Ok(Some((file, meta.len())))
}

/// New objects before they are believed; gone when dropped.
struct Quarantine<'a> {
    deliver: &'a Deliver,
    dir: TempDir,
}

impl<'a> Quarantine<'a> {
    fn new(deliver: &'a Deliver) -> Result<Quarantine<'a>, DeliverError> {
        let incoming = deliver.incoming();
        let make = || {
            let dir = tempfile::tempdir_in(&incoming)?;
            fs::create_dir(dir.path().join("pack"))?;
            place::lend(dir.path(), &deliver.dir.join("objects"))?;
            Ok(dir)
        };
        let dir = make().map_err(at("make a directory in", &incoming))?;
        Ok(Quarantine { deliver, dir })
    }

    /// A call that sees the new objects beside the repository's.
    fn call(&self, verb: &'static str) -> Call<'_> {
        let call = self.deliver.git.call(verb);
        call.dir(&self.deliver.dir).objects(self.dir.path())
    }

    async fn index(
        &self,
        pack: impl tokio::io::AsyncRead + Send + Unpin + 'static,
        max: u64,
    ) -> Result<(), DeliverError> {
        let call = self
            .call("index-pack")
            .args(["--stdin", "--strict", "--fix-thin"])
            .arg(format!("--max-input-size={max}"));
        let run = call.input(pack).limit(PACK_LIMIT).run().await;
        // Apart from these, whatever it complains of is in the pack.
        run.map(drop).map_err(|error| match error.kind {
            GitErrorKind::DiskFull
            | GitErrorKind::Timeout
            | GitErrorKind::TooMuchOutput
            | GitErrorKind::NotStarted => error.into(),
            _ => DeliverError::Objects(error.detail),
        })
    }

    async fn examine(
        &self,
        base: &Sha,
        head: &Sha,
        protected: &Protected,
    ) -> Result<Option<Work>, DeliverError> {
        let kind = self.call("cat-file").args(["-t", head.as_str()]);
        let kind = kind.answer().await?;
        if kind.code != Some(0) || kind.stdout != b"commit\n" {
            let what = format!("its head {head} is not a commit that is here");
            return Err(DeliverError::Bundle(what));
        }
        if head == base {
            return Ok(None);
        }
        let both = format!("{base}...{head}");
        let apart = self
            .call("rev-list")
            .args(["--count", "--left-right", &both, "--"]);
        let count = match counted(&apart.run().await?) {
            Some((0, count)) => count,
            _ => {
                return Err(DeliverError::NotOnBase {
                    base: base.clone(),
                    head: head.clone(),
                });
            }
        };
        let range = format!("^{base}");
        // Everything new must be there, down to the last file.
        let whole = self
            .call("rev-list")
            .args(["--objects", "--quiet", head.as_str(), &range, "--"])
            .limit(PACK_LIMIT)
            .answer()
            .await?;
        if whole.code != Some(0) {
            let error = GitError::from_words("rev-list", whole.code, &whole.stderr);
            let what = format!("incomplete: {}", error.detail);
            return Err(DeliverError::Objects(what));
        }
        let mut changed = paths::changed(|verb| self.call(verb), base, head, protected).await?;
        let secrets = secrets::found(|verb| self.call(verb), base, head, protected).await?;
        changed.protected.extend(secrets);
        Ok((changed.total > 0).then(|| Work {
            base: base.clone(),
            head: head.clone(),
            commits: count,
            paths: changed.paths,
            paths_total: changed.total,
            lines: changed.lines,
            uncommitted: false,
            protected: changed.protected,
        }))
    }

    /// Moves the checked pack into the repository, its index last: git looks for
    /// the index.
    fn admit(&self) -> Result<(), DeliverError> {
        let from = self.dir.path().join("pack");
        let to = self.deliver.dir.join("objects/pack");
        let admit = || -> io::Result<()> {
            fs::create_dir_all(&to)?;
            let mut files: Vec<PathBuf> = Vec::new();
            for entry in fs::read_dir(&from)? {
                files.push(entry?.path());
            }
            files.sort_by_key(|path| path.extension().is_some_and(|end| end == "idx"));
            for file in files {
                if let Some(name) = file.file_name() {
                    fs::rename(&file, to.join(name))?;
                }
            }
            File::open(&to)?.sync_all()
        };
        admit().map_err(at("move new objects to", &to))
    }
}
