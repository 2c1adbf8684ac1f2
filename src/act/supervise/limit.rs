//! A spec → the resource limits of the run's processes.
//!
//! Invariant: a limit is never above what the daemon itself has, and none can be raised
//! again. Of processes at once: the kernel counts them for each user, and in a namespace of users of the
//! run's own for that run alone; it lets root have as many as there is room for.

use super::{RunSpec, SuperviseError, mark::mark};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files an agent may hold.
const OPEN_FILES_MAX: u64 = 65_536;

/// Limits this process and all it starts.
pub(crate) fn limit(spec: &RunSpec) -> Result<(), SuperviseError> {
    let wanted = [
        (Resource::Core, Some(0)),
        (Resource::Fsize, Some(spec.limits.file_bytes)),
        (Resource::Nofile, Some(OPEN_FILES_MAX)),
        (Resource::Nproc, spec.walls.processes),
        (Resource::As, spec.walls.memory),
    ];
    for (resource, wanted) in wanted {
        let Some(wanted) = wanted else { continue };
        let most = getrlimit(resource).maximum;
        let value = Some(most.map_or(wanted, |most| most.min(wanted)));
        let limits = Rlimit {
            current: value,
            maximum: value,
        };
        setrlimit(resource, limits).map_err(SuperviseError::system("set resource limits"))?;
    }
    let mark = mark(&spec.run_dir).map_err(SuperviseError::dir("read", &spec.run_dir))?;
    let mark = Some(mark);
    let marked = setrlimit(
        Resource::Rttime,
        Rlimit {
            current: mark,
            maximum: mark,
        },
    );
    match marked {
        // Inside another run its mark stays; this one is then known by its environment, and ends with that.
        Err(_) if super::mark::is_mark(getrlimit(Resource::Rttime).maximum) => Ok(()),
        marked => marked.map_err(SuperviseError::system(
            "mark the run by its limit of real-time scheduling; LimitRTTIME of the factory's service must be infinity",
        )),
    }
}
