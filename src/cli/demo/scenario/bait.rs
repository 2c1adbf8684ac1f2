//! What lies outside of an agent's walls for it to go for: files, secrets, and
//! somebody who listens.
//!
//! Invariant: what was laid is compared with what is there afterwards, by every
//! byte, mode, owner and time; whoever connects is counted.

use crate::sandbox::agent::{FILE, FOLDER};
use crate::sandbox::git;
use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind},
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::MetadataExt,
            net::{SocketAddr, UnixListener},
        },
    },
    path::{Path, PathBuf},
};

/// What stands in each secret of the bait, and nowhere else.
pub(super) const CANARY: &str = "canary-3f9c-not-to-be-carried-away";

/// All that a change of a file or folder shows in.
#[derive(Debug, PartialEq, Eq)]
struct State {
    mode: u32,
    owner: (u32, u32),
    links: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    bytes: Option<Vec<u8>>,
}

/// What was laid.
pub(super) struct Bait {
    place: PathBuf,
    dir: PathBuf,
    listeners: (TcpListener, UnixListener, UnixListener),
    before: BTreeMap<PathBuf, State>,
}

impl Bait {
    /// Lays it into a folder of the demo's.
    pub(super) fn lay(place: &Path) -> anyhow::Result<Bait> {
        let dir = place.join("bait");
        let victim = dir.join("victim");
        fs::create_dir_all(victim.join(FOLDER))?;
        for file in [FILE, "folder/inner", ".hidden"] {
            fs::write(victim.join(file), CANARY)?;
        }
        fs::write(place.join("secret"), CANARY)?;
        git::text(&victim, &["init", "-q"])?;
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        tcp.set_nonblocking(true)?;
        let name = format!("adf-bait-{}", tcp.local_addr()?.port());
        let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(name)?)?;
        let socket = dir.join("service.sock");
        let _ = fs::remove_file(&socket);
        let named = UnixListener::bind(socket)?;
        for listener in [&hidden, &named] {
            listener.set_nonblocking(true)?;
        }
        Ok(Bait {
            before: states(&victim)?,
            listeners: (tcp, hidden, named),
            place: place.to_owned(),
            dir,
        })
    }

    /// A text with the places of the bait in it.
    pub(super) fn named(&self, text: &str) -> String {
        let port = self.listeners.0.local_addr().map_or(0, |a| a.port());
        text.replace("{place}", &self.place.to_string_lossy())
            .replace("{bait}", &self.dir.to_string_lossy())
            .replace("{port}", &port.to_string())
    }

    /// What of it is not as it was laid.
    pub(super) fn taken(&self) -> Vec<String> {
        let mut misses = Vec::new();
        let mut miss = |what: &str, wanted: &str, found: &str| {
            misses.push(format!(
                "the bait: {what}: expected {wanted}, found {found}"
            ));
        };
        match states(&self.dir.join("victim")) {
            Err(error) => miss("its files", "all of them", &error.to_string()),
            Ok(now) => {
                let names = self.before.keys().chain(now.keys());
                let mut names: Vec<_> = names.collect();
                names.dedup();
                for name in names {
                    let (was, is) = (self.before.get(name), now.get(name));
                    if was != is {
                        let what = name.display().to_string();
                        miss(&what, &format!("{was:?}"), &format!("{is:?}"));
                    }
                }
            }
        }
        let (tcp, hidden, named) = &self.listeners;
        let came = [
            tcp.accept().map(drop),
            hidden.accept().map(drop),
            named.accept().map(drop),
        ];
        for (came, what) in came
            .into_iter()
            .zip(["TCP", "an abstract socket", "a socket"])
        {
            if !matches!(came, Err(error) if error.kind() == ErrorKind::WouldBlock) {
                miss(what, "nobody", "a connection");
            }
        }
        misses
    }
}

/// Each file and folder beneath a folder, itself included.
fn states(dir: &Path) -> io::Result<BTreeMap<PathBuf, State>> {
    let mut all = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata()?;
        if meta.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        }
        let state = State {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            links: meta.nlink(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            bytes: meta.is_file().then(|| fs::read(&path)).transpose()?,
        };
        all.insert(path, state);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpStream, os::unix::fs::PermissionsExt};

    #[test]
    fn what_was_touched_and_who_came_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let bait = Bait::lay(dir.path()).unwrap();
        assert_eq!(bait.taken(), [] as [String; 0]);
        let victim = dir.path().join("bait/victim");
        fs::set_permissions(victim.join(FILE), fs::Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(victim.join(".hidden")).unwrap();
        let port = bait.named("{port}").parse::<u16>().unwrap();
        let _stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let taken = bait.taken().join("\n");
        for what in ["victim/file", ".hidden", "victim:", "TCP"] {
            assert!(taken.contains(what), "{what}: {taken}");
        }
        let place = dir.path().display();
        assert_eq!(bait.named("x:{bait}/y"), format!("x:{place}/bait/y"));
    }
}
