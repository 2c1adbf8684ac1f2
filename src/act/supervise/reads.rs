//! What every agent may read: the system's programs and the files they need.
//!
//! Invariant: nothing in the list holds a secret; of `/etc` only what is named here.

use std::path::{Path, PathBuf};

/// What every agent may read and execute: the system's programs and the files they need. Other
/// processes' secrets under `/proc` are shut by the kernel's own check of Landlock domains.
#[must_use]
pub fn system_reads() -> Vec<PathBuf> {
    const FOLDERS: [&str; 12] = [
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/lib32",
        "/nix/store",
        // Where some systems keep what /etc/ssl leads to.
        "/var/lib/ca-certificates",
        "/proc",
        "/sys/devices/system/cpu",
        "/sys/fs/cgroup",
        "/sys/kernel/mm/transparent_hugepage",
    ];
    const ETC: [&str; 34] = [
        "ld.so.cache",
        "ld.so.conf",
        "ld.so.conf.d",
        "ld.so.preload",
        "passwd",
        "group",
        "nsswitch.conf",
        "hosts",
        "host.conf",
        "hostname",
        "gai.conf",
        "resolv.conf",
        "services",
        "protocols",
        "ssl",
        "pki",
        "ca-certificates",
        "ca-certificates.conf",
        "localtime",
        "timezone",
        "alternatives",
        "mime.types",
        "magic",
        "os-release",
        "lsb-release",
        "debian_version",
        "terminfo",
        "inputrc",
        "bash.bashrc",
        "profile",
        "profile.d",
        "fonts",
        "perl",
        "python3",
    ];
    FOLDERS
        .iter()
        .map(PathBuf::from)
        .chain(ETC.iter().map(|name| Path::new("/etc").join(name)))
        .collect()
}
