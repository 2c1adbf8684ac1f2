//! This machine → the walls that can be built on it.
//!
//! Invariant: nothing is concluded from versions: a process of our own builds the walls around
//! itself as a run's would, and says which stand.

use super::{
    SuperviseError,
    confine::{self, Demand, Reach},
    environment::SYSTEM_PATH,
    syscalls,
    view::{self, Places},
};
use crate::model::{Bubblewrap, Ports, Weakness};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// How long a try may take.
const TRY_MAX: Duration = Duration::from_secs(20);
/// Bubblewrap's program.
const BUBBLEWRAP: &str = "bwrap";
/// Any port: what is tried is whether there are rules for ports at all.
const PORT: u16 = 443;

/// The walls that can be built here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Landlock's version; 0 where there is none.
    pub landlock_abi: i32,
    /// Walls that cannot be built, each with the system's answer.
    pub missing: Vec<(Weakness, String)>,
    /// The bubblewrap that is installed and starts.
    pub bubblewrap: Option<PathBuf>,
}

impl Given {
    /// Why no run may start, with the remedy; `None`: they may.
    #[must_use]
    pub fn refusal(
        &self,
        required: bool,
        accept: &BTreeSet<Weakness>,
        wanted: Bubblewrap,
    ) -> Option<String> {
        if wanted == Bubblewrap::Require && self.bubblewrap.is_none() {
            return Some(
                "[walls] bubblewrap = \"require\", and there is no `bwrap` that starts on the system's PATH; \
                 install bubblewrap, or write \"auto\""
                    .to_owned(),
            );
        }
        if !required {
            return None;
        }
        if self.landlock_abi < 3 {
            return Some(format!(
                "the kernel cannot keep agents from files (Landlock ABI {}, 3 is needed): use Linux 6.2 or newer with \
                 landlock in its lsm= boot parameter, or set required = false in [walls]",
                self.landlock_abi
            ));
        }
        let by_bubblewrap = wanted != Bubblewrap::Off && self.bubblewrap.is_some();
        let lacking = self.missing.iter().filter(|(weakness, _)| {
            let is_mended = *weakness == Weakness::NoView && by_bubblewrap;
            !is_mended && !accept.contains(weakness)
        });
        let lacking: Vec<&(Weakness, String)> = lacking.collect();
        if lacking.is_empty() {
            return None;
        }
        let why = lacking
            .iter()
            .map(|(w, why)| format!("{}: {why}", w.means()));
        let why: Vec<String> = why.collect();
        let mut names: BTreeSet<Weakness> = accept.clone();
        names.extend(lacking.iter().map(|(weakness, _)| *weakness));
        let names: Vec<&str> = names.into_iter().map(Weakness::word).collect();
        Some(format!(
            "{}; use a kernel or a container that allows it, or accept that by name with accept = {names:?} in [walls]",
            why.join("; ")
        ))
    }

    /// Whether runs do without a view of their own, because none can be made here.
    #[must_use]
    pub fn is_without_view(&self) -> bool {
        let mut missing = self.missing.iter();
        missing.any(|(weakness, _)| *weakness == Weakness::NoView)
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self, accept: &BTreeSet<Weakness>) -> String {
        let mut parts = vec![match self.landlock_abi {
            0 => "no Landlock".to_owned(),
            abi => format!("Landlock ABI {abi}"),
        }];
        for weakness in Weakness::ALL {
            let wall = weakness.word().trim_start_matches("no-");
            let missing = self.missing.iter().any(|(w, _)| *w == weakness);
            parts.push(match (missing, accept.contains(&weakness)) {
                (false, _) => wall.to_owned(),
                (true, true) => format!("{} (accepted)", weakness.word()),
                (true, false) => weakness.word().to_uppercase(),
            });
        }
        if let Some(bubblewrap) = &self.bubblewrap {
            parts.push(format!("bubblewrap at {}", bubblewrap.display()));
        }
        parts.join(", ")
    }
}

/// Tries the walls of this machine, in a process of their own.
///
/// # Errors
/// When it does not start or gives no answer.
pub async fn given(adf: &Path) -> Result<Given, SuperviseError> {
    const WHAT: &str = "the try of the walls";
    let mut command = command(adf);
    command.arg("__given");
    let no_answer = |reason: String| SuperviseError::NoAnswer { what: WHAT, reason };
    let output = run(command).await.map_err(no_answer)?;
    let mut given: Given =
        serde_json::from_slice(&output).map_err(|error| no_answer(error.to_string()))?;
    given.bubblewrap = bubblewrap(adf).await;
    Ok(given)
}

/// The bubblewrap that is installed, when it can do what a run's view takes.
async fn bubblewrap(adf: &Path) -> Option<PathBuf> {
    let found = which::which_in(BUBBLEWRAP, Some(SYSTEM_PATH), "/").ok()?;
    let mut command = command(&found);
    command.args(["--ro-bind", "/", "/", "--dev", "/dev", "--tmpfs", "/tmp"]);
    command.arg("--ro-bind").args([adf, adf]).arg("--").arg(adf);
    command.arg("--version");
    run(command).await.ok().map(|_| found)
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is started here tries the walls and ends"
)]
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", SYSTEM_PATH)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run(mut command: Command) -> Result<Vec<u8>, String> {
    let output = timeout(TRY_MAX, command.output())
        .await
        .map_err(|_| format!("it took longer than {TRY_MAX:?}"))?
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}", output.status, said.trim()))
}

/// `adf __given`: builds the walls around itself; the answer as a line of JSON.
#[must_use]
pub fn inside() -> String {
    let mut given = Given::default();
    let mut miss = |weakness, why: String| given.missing.push((weakness, why));
    let places = Places {
        hide: vec![PathBuf::from("/tmp")],
        ..Places::default()
    };
    if let Err(error) = view::enter(&places, Path::new("/")) {
        miss(Weakness::NoView, error.to_string());
    }
    let reach = Reach {
        connect: vec![Ports::one(PORT)],
        bind: vec![Ports::one(PORT)],
        ..Reach::default()
    };
    let demand = Demand {
        required: false,
        accept: &BTreeSet::new(),
    };
    let tried = confine::apply(&reach, demand);
    for weakness in [Weakness::NoTcp, Weakness::NoScope] {
        if !tried.as_ref().is_ok_and(|level| level.has(weakness)) {
            miss(weakness, "its Landlock is older".to_owned());
        }
    }
    if let Err(error) = syscalls::refuse() {
        miss(Weakness::NoSeccomp, error.to_string());
    }
    given.landlock_abi = tried.map_or(0, |level| level.abi);
    serde_json::to_string(&given).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> BTreeSet<Weakness> {
        BTreeSet::new()
    }

    #[test]
    fn what_a_kernel_lacks_is_refused_unless_it_is_accepted_by_name() {
        let given = Given {
            landlock_abi: 3,
            missing: vec![
                (Weakness::NoTcp, "old".into()),
                (Weakness::NoView, "no".into()),
            ],
            bubblewrap: None,
        };
        let off = Bubblewrap::Off;
        let why = given.refusal(true, &none(), off).unwrap();
        assert!(
            why.contains("ABI 4") && why.contains(r#"accept = ["no-tcp", "no-view"]"#),
            "{why}"
        );
        let some = BTreeSet::from([Weakness::NoTcp]);
        let why = given.refusal(true, &some, off).unwrap();
        assert!(why.contains(r#"accept = ["no-tcp", "no-view"]"#), "{why}");
        assert!(!why.contains("ABI 4"), "{why}");
        assert!(!why.contains("ABI 4"), "{why}");
        let both = BTreeSet::from([Weakness::NoTcp, Weakness::NoView]);
        assert_eq!(given.refusal(true, &both, off), None);
        assert_eq!(given.refusal(false, &none(), off), None);
        assert!(
            given
                .line(&some)
                .contains("no-tcp (accepted), scope, seccomp, NO-VIEW")
        );
        let bubble = Given {
            bubblewrap: Some("/usr/bin/bwrap".into()),
            ..given
        };
        assert_eq!(bubble.refusal(true, &some, Bubblewrap::Auto), None);
        assert!(bubble.refusal(true, &some, off).is_some());
    }

    #[test]
    fn without_the_walls_around_files_nothing_helps_but_doing_without_all() {
        let given = Given::default();
        let all = Weakness::ALL.into_iter().collect();
        let why = given.refusal(true, &all, Bubblewrap::Off).unwrap();
        assert!(why.contains("Landlock ABI 0, 3 is needed"), "{why}");
        let why = given.refusal(true, &all, Bubblewrap::Require).unwrap();
        assert!(why.contains("install bubblewrap"), "{why}");
    }
}
