//! System calls that no agent needs → refused, for this process and all it starts.
//!
//! A filter sees numbers and flags, never paths: what depends on a path is the part of
//! [`super::confine`] and [`super::view`]. It is a list of what is refused, so that no
//! build breaks on a call that nobody thought of.
//!
//! Invariant: each is refused in every way of calling that the kernel knows (on x86-64 also
//! with the numbers of x32; other architectures end the process), and a program that can do without goes on.

use super::SuperviseError;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};
use std::{collections::BTreeMap, io};

/// Looking into other processes, and taking from them.
const PEEK: [i64; 5] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
];
/// Changing what is mounted, and which names mean what.
const MOUNT: [i64; 14] = [
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
];
/// Keys of other sessions.
const KEYS: [i64; 3] = [libc::SYS_keyctl, libc::SYS_add_key, libc::SYS_request_key];
/// The kernel itself, the machine and its clock.
const KERNEL: [i64; 20] = [
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_fanotify_init,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];
/// The old way to change a mode, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLD: &[(i64, u8)] = &[(libc::SYS_chmod, 1)];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[(i64, u8)] = &[];
/// Calls that set a mode, and which of their arguments it is.
const MODES: [(i64, u8); 3] = [
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (FCHMODAT2, 2),
];
/// Newer than the list of the C library's numbers.
const FCHMODAT2: i64 = 452;
/// What would make a file run as the factory's user for whoever starts it.
const SET_ID: u64 = 0o6000;
/// New namespaces, as flags of `clone`.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];
/// The bit of x32's numbers.
#[cfg(target_arch = "x86_64")]
const X32: Option<i64> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const X32: Option<i64> = None;
/// x32's own numbers of `ptrace`, `process_vm_readv`, `process_vm_writev` and `kexec_load`.
const X32_OWN: [i64; 4] = [521, 539, 540, 528];

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refuses them for this thread and all it becomes.
pub(crate) fn refuse() -> Result<(), SuperviseError> {
    let failed = |error: seccompiler::Error| SuperviseError::System {
        what: "filter system calls",
        source: io::Error::other(error),
    };
    for filter in filters().map_err(failed)? {
        apply_filter(&filter).map_err(failed)?;
    }
    Ok(())
}

fn filters() -> Result<[BpfProgram; 2], seccompiler::Error> {
    let mut refused = Rules::new();
    for call in PEEK.into_iter().chain(MOUNT).chain(KEYS).chain(KERNEL) {
        refused.insert(call, Vec::new());
    }
    for (call, argument) in MODES.iter().chain(OLD) {
        refused.insert(*call, set_id(*argument)?);
    }
    let mut namespaces = Vec::new();
    for flag in NAMESPACES {
        namespaces.push(has(0, u64::from(flag.cast_unsigned()))?);
    }
    refused.insert(libc::SYS_clone, namespaces);
    // Its flags lie in memory, where no filter looks; whoever is told that there is none takes `clone`.
    let absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    Ok([
        compiled(refused, libc::EPERM)?,
        compiled(absent, libc::ENOSYS)?,
    ])
}

/// Any of the two bits, one rule each.
fn set_id(argument: u8) -> Result<Vec<SeccompRule>, seccompiler::Error> {
    let bits = [0o4000, 0o2000].into_iter().filter(|bit| SET_ID & bit != 0);
    bits.map(|bit| has(argument, bit)).collect()
}

/// The argument has this bit.
fn has(argument: u8, bit: u64) -> Result<SeccompRule, seccompiler::Error> {
    let bits = SeccompCmpOp::MaskedEq(bit);
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, bits, bit)?;
    Ok(SeccompRule::new(vec![condition])?)
}

fn compiled(mut rules: Rules, errno: i32) -> Result<BpfProgram, seccompiler::Error> {
    if let Some(bit) = X32 {
        let own = X32_OWN.iter().map(|call| (call | bit, Vec::new()));
        let same: Vec<_> = rules.iter().map(|(c, r)| (c | bit, r.clone())).collect();
        rules.extend(same.into_iter().chain(own));
    }
    let action = SeccompAction::Errno(errno.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, SeccompAction::Allow, action, arch)?.try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_within_what_the_kernel_takes() {
        const INSTRUCTIONS_MAX: usize = 4096;
        for filter in filters().unwrap() {
            assert!(
                (1..=INSTRUCTIONS_MAX).contains(&filter.len()),
                "{}",
                filter.len()
            );
        }
    }
}
