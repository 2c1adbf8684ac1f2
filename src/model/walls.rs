//! What a run may reach and do, as plain values: the ports it may use, what its
//! role lets it write and run, and which walls may be missing.
//!
//! Invariant: a [`RoleContext`] is the one source of what a role means: the walls, the
//! CLI's own filters of tools and the guard are told the same.
//! Next: `act::supervise` builds the walls, `provider` the filters.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A wall that a kernel may not have. An operator accepts its absence by this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weakness {
    /// Any TCP port can be connected to and listened on.
    NoTcp,
    /// Processes outside can be signalled, their abstract sockets be connected to.
    NoScope,
    /// Dangerous system calls are not refused.
    NoSeccomp,
    /// No view of its own: modes, owners and times of files outside can be changed,
    /// their presence be seen and local sockets be connected to.
    NoView,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Weakness; 4] = [
        Weakness::NoTcp,
        Weakness::NoScope,
        Weakness::NoSeccomp,
        Weakness::NoView,
    ];

    /// How it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Weakness::NoTcp => "no-tcp",
            Weakness::NoScope => "no-scope",
            Weakness::NoSeccomp => "no-seccomp",
            Weakness::NoView => "no-view",
        }
    }

    /// What a run can do without this wall.
    #[must_use]
    pub fn means(self) -> &'static str {
        match self {
            Weakness::NoTcp => {
                "the kernel cannot restrict TCP ports (that takes Landlock ABI 4, Linux 6.7)"
            }
            Weakness::NoScope => {
                "the kernel cannot keep signals and abstract sockets inside (that takes Landlock ABI 6, Linux 6.12)"
            }
            Weakness::NoSeccomp => {
                "the kernel does not filter system calls (seccomp): a process could also shed the mark by which \
                 it is found when its supervisor was killed"
            }
            Weakness::NoView => {
                "no mounts of its own are allowed here (that takes unprivileged user namespaces, or CAP_SYS_ADMIN): \
                 modes, owners and times of files outside could be changed"
            }
        }
    }
}

/// Ports from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Ports {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl Ports {
    /// One port.
    #[must_use]
    pub fn one(port: u16) -> Ports {
        Ports {
            first: port,
            last: port,
        }
    }

    /// Whether these are all that there are.
    #[must_use]
    pub fn is_all(self) -> bool {
        self.first <= 1 && self.last == u16::MAX
    }

    /// Each of them.
    pub fn each(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl From<Ports> for String {
    fn from(ports: Ports) -> String {
        ports.to_string()
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Ports, String> {
        let port = |text: &str| {
            text.parse::<u16>()
                .map_err(|_| format!("`{text}` is no port; they go from 0 to 65535"))
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let ports = Ports {
            first: port(first)?,
            last: port(last)?,
        };
        if ports.first > ports.last {
            return Err(format!("`{text}` ends before it begins"));
        }
        Ok(ports)
    }
}

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> Result<Ports, String> {
        text.parse()
    }
}

/// Whether a run's view of the files is made by bubblewrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bubblewrap {
    /// Never: the factory makes it itself.
    #[default]
    Off,
    /// Where it is installed and starts, else as with `off`.
    Auto,
    /// Always; without it nothing starts.
    Require,
}

/// What a role may do in its workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleContext {
    /// The role's name.
    pub role: String,
    /// What of the workspace may be edited: files, and folders with a trailing `/`, from its
    /// root; `None`: all of it.
    pub edits: Option<Vec<String>>,
    /// What may be written besides, by what it runs: folders of a build.
    pub outputs: Vec<String>,
    /// Whether it may run programs, a shell among them.
    pub may_run: bool,
}

impl RoleContext {
    /// A role that edits all of its workspace and runs what it likes.
    #[must_use]
    pub fn whole(role: &str) -> RoleContext {
        RoleContext {
            role: role.to_owned(),
            edits: None,
            outputs: Vec::new(),
            may_run: true,
        }
    }

    /// Whether it may edit anything at all.
    #[must_use]
    pub fn may_edit(&self) -> bool {
        self.edits.as_ref().is_none_or(|paths| !paths.is_empty())
    }

    /// Whether a path of the workspace, from its root, may be edited.
    #[must_use]
    pub fn edits(&self, path: &str) -> bool {
        if path.split('/').any(|part| part == "..") || path.starts_with('/') {
            return false;
        }
        let path = path.strip_prefix("./").unwrap_or(path);
        let within = |allowed: &String| {
            path == allowed.trim_end_matches('/')
                || allowed.ends_with('/') && path.starts_with(allowed.as_str())
        };
        self.edits
            .as_ref()
            .is_none_or(|paths| paths.iter().any(within))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_they_are_written() {
        for text in ["443", "0", "32768-60999"] {
            assert_eq!(text.parse::<Ports>().unwrap().to_string(), text);
        }
        for text in ["", "http", "65536", "-1", "9-8", "1-2-3"] {
            assert!(text.parse::<Ports>().is_err(), "{text}");
        }
        assert!("0-65535".parse::<Ports>().unwrap().is_all());
        assert!(!"2-65535".parse::<Ports>().unwrap().is_all());
    }

    #[test]
    fn a_role_edits_its_folders_and_files_and_nothing_beside_them() {
        let role = |edits: Option<&[&str]>| RoleContext {
            role: "x".into(),
            edits: edits.map(|e| e.iter().map(|p| (*p).to_owned()).collect()),
            outputs: Vec::new(),
            may_run: false,
        };
        let some = role(Some(&["docs/", "README.md"]));
        for path in ["docs/a/b.md", "README.md", "./docs/x"] {
            assert!(some.edits(path), "{path}");
        }
        for path in [
            "docs2/x",
            "README.md.bak",
            "src/a.rs",
            "docs/../src/a",
            "/docs/x",
        ] {
            assert!(!some.edits(path), "{path}");
        }
        assert!(role(None).edits("src/a.rs") && !role(Some(&[])).may_edit());
    }

    #[test]
    fn each_weakness_is_written_as_it_is_called() {
        for weakness in Weakness::ALL {
            let text = serde_json::to_string(&weakness).unwrap();
            assert_eq!(text, format!("{:?}", weakness.word()));
        }
    }
}
