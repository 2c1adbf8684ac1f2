//! `/proc/self/mountinfo` → the mounts of this process, with what each forbids.
//!
//! Invariant: a line that cannot be read is an error, never a mount that is passed
//! over. Next: [`super::view`] makes them read-only.

use nix::mount::MsFlags;
use std::{
    ffi::OsStr,
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

/// A mount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Where it is.
    pub at: PathBuf,
    /// What of its flags a namespace of ours may not take away.
    pub flags: MsFlags,
}

/// The mounts as this process sees them, in the order they were made.
pub(crate) fn all() -> io::Result<Vec<Mount>> {
    let text = std::fs::read("/proc/self/mountinfo")?;
    let lines = text.split(|byte| *byte == b'\n').filter(|l| !l.is_empty());
    lines
        .map(|line| {
            read(line).ok_or_else(|| {
                io::Error::other(format!(
                    "no mount can be read from {:?}",
                    String::from_utf8_lossy(line)
                ))
            })
        })
        .collect()
}

/// `36 35 98:0 /root /mnt\040x rw,noatime shared:1 - ext4 /dev/x rw`.
fn read(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let at = fields.nth(4)?;
    let options = std::str::from_utf8(fields.next()?).ok()?;
    let flag = |option| match option {
        "ro" => MsFlags::MS_RDONLY,
        "nosuid" => MsFlags::MS_NOSUID,
        "nodev" => MsFlags::MS_NODEV,
        "noexec" => MsFlags::MS_NOEXEC,
        "noatime" => MsFlags::MS_NOATIME,
        "nodiratime" => MsFlags::MS_NODIRATIME,
        "relatime" => MsFlags::MS_RELATIME,
        _ => MsFlags::empty(),
    };
    Some(Mount {
        at: unescaped(at),
        flags: options.split(',').map(flag).collect(),
    })
}

/// Blanks and backslashes are written as three octal digits.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (first, byte) {
            (b'\\', Some(byte)) => {
                plain.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            _ => {
                plain.push(*first);
                rest = after;
            }
        }
    }
    Path::new(OsStr::from_bytes(&plain)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_blanks_and_its_flags() {
        let line = br"36 35 98:0 /a /mnt/a\040b\134c ro,nosuid,relatime shared:1 - ext4 /dev/x rw";
        let wanted = Mount {
            at: PathBuf::from("/mnt/a b\\c"),
            flags: MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_RELATIME,
        };
        assert_eq!(read(line), Some(wanted));
        assert_eq!(read(b"36 35 98:0 /a"), None);
        assert!(
            all()
                .unwrap()
                .iter()
                .any(|mount| mount.at == Path::new("/"))
        );
    }
}
