//! Disks and devices: partition tables, file systems, raw writes, mounts.
//!
//! Invariant: a tool that formats is allowed on a file of the worktree, and
//! denied on a device or where nobody knows; what only lists is allowed.

use super::fs::{self, Access};
use super::verbs::{Tool, Verb, judge as by_verb, unless, verb};
use crate::guard::args::{self, NONE, Spec};
use crate::guard::place::{Place, Target};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};

pub(crate) static DEVICE: Rule = Rule {
    id: "disk.device",
    what: "writing to a device, its file system or its partition table",
    reason: "it overwrites a disk or changes the machine's devices",
    instead: "use an image file in the worktree",
    safer: Some("truncate -s 64M disk.img"),
    deny: &[
        "dd if=a.img of=/dev/sda",
        "mkfs.ext4 -L lsblk /dev/sdb1",
        "wipefs -a /dev/sdb -o /tmp/df.bak",
        "cat a.iso > /dev/sdb",
        "parted -s /dev/sda mklabel gpt",
        "umount -l /srv",
        "swapoff -a",
    ],
    allow: &[
        "dd if=/dev/zero of=/dev/null count=1",
        "lsblk",
        "mkfs.ext4 -q -F disk.img",
        "fdisk -l",
        "cargo test lsblk -- --exact",
    ],
};

pub(crate) static RAW: Rule = Rule {
    id: "disk.read",
    what: "reading a disk or the machine's memory raw",
    reason: "it reads past the permissions of files whatever others keep there, keys included",
    instead: "read files by their names; make an image file in the worktree for tests",
    safer: Some("lsblk"),
    deny: &[
        "dd if=/dev/sda of=sda.img",
        "strings /dev/sda1",
        "cat /dev/mem",
        "xxd < /dev/nvme0n1",
    ],
    allow: &[
        "head -c 16 /dev/urandom",
        "dd if=/dev/zero of=disk.img bs=1M count=4",
        "lsblk /dev/sda",
        "strings disk.img",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&DEVICE, &RAW];

/// Beginnings of names below `/dev` that hold a disk or memory.
const RAWS: [&str; 20] = [
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper", "loop", "sr", "disk", "mem",
    "kmem", "port", "nbd", "zd", "rdisk", "block", "bcache",
];

/// Programs that ask about a device or set one up, and print nothing that it holds.
const ASKERS: [&str; 23] = [
    "lsblk",
    "blkid",
    "df",
    "smartctl",
    "udevadm",
    "hdparm",
    "nvme",
    "file",
    "findmnt",
    "findfs",
    "mount",
    "umount",
    "losetup",
    "blockdev",
    "cryptsetup",
    "mdadm",
    "lvs",
    "pvs",
    "vgs",
    "dumpe2fs",
    "lsof",
    "fuser",
    "docker",
];

/// Whether what a program does with a device is judged here, or is only asking.
pub(super) fn asks(name: &str) -> bool {
    ASKERS.contains(&name) || formats(name) && name != "debugfs"
}

fn formats(name: &str) -> bool {
    FORMATS.contains(&name) || name.starts_with("mkfs") || name.starts_with("fsck.")
}

/// Whether a place is a disk or memory as it lies there.
pub(super) fn is_raw(target: &Target) -> bool {
    let name = target.path.strip_prefix("/dev/");
    target.place == Place::Device
        && name.is_some_and(|name| RAWS.iter().any(|raw| name.starts_with(raw)))
}

const ANY: &[Verb] = &[unless(&[], &["help", "version", "V", "h"])];
const ANY_OPERAND: &[Verb] = &[unless(
    &["*"],
    &["help", "l", "list", "show-labels", "json"],
)];

const fn tool(names: &'static [&'static str], verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec: NONE,
        rule: &DEVICE,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(
        &[
            "lvremove",
            "vgremove",
            "pvremove",
            "lvreduce",
            "vgreduce",
            "pvcreate",
            "vgcreate",
            "lvcreate",
            "lvresize",
            "lvextend",
            "efibootmgr",
            "swapoff",
            "swapon",
            "pivot_root",
            "blockdev",
            "partprobe",
            "grub-install",
            "update-grub",
        ],
        ANY,
    ),
    tool(
        &["losetup"],
        &[unless(
            &[],
            &[
                "help",
                "version",
                "l",
                "list",
                "a",
                "all",
                "j",
                "associated",
            ],
        )],
    ),
    tool(
        &["mdadm"],
        &[unless(
            &[],
            &["detail", "D", "query", "examine", "version", "help"],
        )],
    ),
    tool(
        &["cryptsetup"],
        &[verb(&[
            "luksFormat|erase|luksErase|luksRemoveKey|luksKillSlot|reencrypt|format|luksAddKey|open|close|luksOpen|luksClose",
        ])],
    ),
    tool(
        &["zpool"],
        &[verb(&[
            "destroy|create|remove|detach|labelclear|export|offline|replace|add|clear|import",
        ])],
    ),
    tool(
        &["zfs"],
        &[verb(&[
            "destroy|rollback|create|rename|set|promote|receive|recv|unmount",
        ])],
    ),
    tool(
        &["btrfs"],
        &[
            verb(&["subvolume|sub", "delete|del"]),
            verb(&[
                "device|balance|filesystem|replace|check",
                "delete|remove|resize|start",
            ]),
        ],
    ),
    tool(
        &["hdparm"],
        &[super::verbs::with(
            &[],
            &[
                "security-erase",
                "security-erase-enhanced",
                "user-master",
                "trim-sector-ranges",
                "make-bad-sector",
                "dco-restore",
                "write-sector",
            ],
        )],
    ),
    tool(
        &["nvme"],
        &[verb(&[
            "format|sanitize|delete-ns|write|write-zeroes|create-ns|fw-*",
        ])],
    ),
    tool(&["mount"], ANY_OPERAND),
    tool(&["umount", "fusermount", "fusermount3"], ANY),
    tool(
        &["mount"],
        &[super::verbs::with(&[], &["a", "all", "bind", "remount"])],
    ),
];

/// Tools that change what their operand holds: a file of the worktree is fine.
const FORMATS: [&str; 24] = [
    "mke2fs",
    "mkswap",
    "wipefs",
    "blkdiscard",
    "parted",
    "sfdisk",
    "sgdisk",
    "gdisk",
    "fdisk",
    "cfdisk",
    "cgdisk",
    "fsck",
    "e2fsck",
    "debugfs",
    "tune2fs",
    "resize2fs",
    "xfs_repair",
    "xfs_growfs",
    "badblocks",
    "mkdosfs",
    "newfs",
    "e2image",
    "dosfslabel",
    "e2label",
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    by_verb(TOOLS, command, walker)?;
    let name = command.name;
    if !formats(name) {
        return Ok(());
    }
    let spec = Spec {
        valued: "LUbCFtiINmgoRzf",
        longs: &["type", "label", "backup"],
    };
    let own = match name {
        "mkfs.ext4" | "mke2fs" => Spec {
            valued: "LUbCtiINmgoEOT",
            ..spec
        },
        "mkfs.fat" | "mkfs.vfat" => Spec {
            valued: "nFsSfiRhrbaD",
            ..spec
        },
        "mkfs" => Spec {
            valued: "t",
            ..spec
        },
        _ => Spec {
            valued: "LtoRU",
            ..spec
        },
    };
    let parsed = args::parse(command.args, &own);
    let shows = [
        "list", "l", "n", "no-act", "help", "V", "version", "p", "print", "N", "s",
    ];
    let reads = match name {
        "fdisk" | "sfdisk" | "sgdisk" => {
            parsed.any(&["l", "list", "d", "dump", "V", "version", "p"])
        }
        "parted" => {
            parsed.any(&["l", "list", "version"])
                || parsed.operands.iter().any(|v| v.text() == "print")
        }
        "wipefs" => !parsed.any(&["a", "all", "o", "offset"]),
        "debugfs" => !parsed.has("w"),
        "tune2fs" => parsed.has("l"),
        _ => parsed.any(shows.get(..6).unwrap_or_default()) && !parsed.any(&["y", "a", "f"]),
    };
    if reads {
        return Ok(());
    }
    let count = if matches!(name, "parted" | "mkfs.fat") {
        1
    } else {
        parsed.operands.len()
    };
    for operand in parsed.operands.iter().take(count) {
        fs::access(walker, Access::Write, operand)?;
    }
    if parsed.operands.is_empty() && matches!(name, "fsck") {
        return walker.deny(&DEVICE, "all file systems");
    }
    Ok(())
}
