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
    KEXEC_FILE_LOAD,
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
/// Not on every list of the C library's numbers.
const KEXEC_FILE_LOAD: i64 = if cfg!(target_arch = "x86_64") {
    320
} else {
    294
};
/// Newer than the list of the C library's numbers.
const FCHMODAT2: i64 = 452;
/// What would make a file run as the factory's user for whoever starts it.
const SET_ID: u64 = 0o6000;
/// Kinds of sockets there are for an agent: of this machine, IP, and the list of addresses.
const FAMILIES: [libc::c_int; 4] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
];
/// What is spoken over IP. Others reach the same ports, and Landlock's rules are for TCP alone.
const PROTOCOLS: [libc::c_int; 3] = [libc::IPPROTO_IP, libc::IPPROTO_TCP, libc::IPPROTO_UDP];
/// Calls that connect by sending when they have this flag, and which argument has it: no
/// rule of Landlock's sees them.
const SENDS: [(i64, u8); 3] = [
    (libc::SYS_sendto, 3),
    (libc::SYS_sendmsg, 2),
    (libc::SYS_sendmmsg, 3),
];
/// The limit by which a run's processes are known: [`super::mark`].
const MARK: u64 = libc::RLIMIT_RTTIME as u64;
/// Calls that slow down all processes of a user, and what says so in their first argument.
const OF_USERS: [(i64, u64); 2] = [
    (libc::SYS_setpriority, libc::PRIO_USER as u64),
    (libc::SYS_ioprio_set, 3),
];
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
/// x32's own numbers of `ptrace`, `process_vm_readv`, `process_vm_writev`, `kexec_load`,
/// `sendmsg` and `sendmmsg`.
const X32_OWN: [i64; 6] = [521, 539, 540, 528, 518, 538];

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
    refused.insert(libc::SYS_socket, sockets()?);
    let of_mark = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, MARK)?;
    refused.insert(libc::SYS_setrlimit, vec![SeccompRule::new(vec![of_mark])?]);
    refused.insert(
        libc::SYS_prlimit64,
        vec![limits_of_others()?, limit_of_mark()?],
    );
    for (call, user) in OF_USERS {
        let whose = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, user)?;
        refused.insert(call, vec![SeccompRule::new(vec![whose])?]);
    }
    for (call, argument) in SENDS {
        let flag = u64::from(libc::MSG_FASTOPEN.cast_unsigned());
        refused.insert(call, vec![has(argument, flag)?]);
    }
    // Its flags lie in memory, where no filter looks; whoever is told that there is none takes `clone`.
    let absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    Ok([
        compiled(refused, libc::EPERM)?,
        compiled(absent, libc::ENOSYS)?,
    ])
}

/// New limits for another process: one of the same user may set them, the daemon's too.
fn limits_of_others() -> Result<SeccompRule, seccompiler::Error> {
    let set = |argument, length| SeccompCondition::new(argument, length, SeccompCmpOp::Ne, 0);
    let conditions = vec![
        set(0, SeccompCmpArgLen::Dword)?,
        set(2, SeccompCmpArgLen::Qword)?,
    ];
    Ok(SeccompRule::new(conditions)?)
}

/// A new value for the limit that is the run's mark: a hard limit may be lowered by anybody.
fn limit_of_mark() -> Result<SeccompRule, seccompiler::Error> {
    let conditions = vec![
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, MARK)?,
        SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)?,
    ];
    Ok(SeccompRule::new(conditions)?)
}

/// Every socket but those that are named.
fn sockets() -> Result<Vec<SeccompRule>, seccompiler::Error> {
    let is = |argument: u8, op: SeccompCmpOp, value: libc::c_int| {
        let value = u64::from(value.cast_unsigned());
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)
    };
    let none_of = |argument: u8, all: &[libc::c_int]| {
        let conditions = all.iter().map(|one| is(argument, SeccompCmpOp::Ne, *one));
        conditions.collect::<Result<Vec<_>, _>>()
    };
    let mut rules = vec![SeccompRule::new(none_of(0, &FAMILIES)?)?];
    for family in [libc::AF_INET, libc::AF_INET6] {
        let mut conditions = vec![is(0, SeccompCmpOp::Eq, family)?];
        conditions.extend(none_of(2, &PROTOCOLS)?);
        rules.push(SeccompRule::new(conditions)?);
    }
    Ok(rules)
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
