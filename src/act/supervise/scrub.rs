//! An agent's bytes, in chunks → the same without secrets, in whole lines.
//!
//! Invariant: what leaves here has passed the redactor together with the whole of its
//! line, and a private key with all of its lines; memory is bounded by
//! [`HELD_BYTES_MAX`]. Bytes that are no text pass as they are.

use crate::redact::Redactor;
use secrecy::SecretString;
use std::cell::OnceCell;

/// The longest line, or key, that is looked at as one, in bytes.
pub(super) const HELD_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a longer one that are looked at again with what follows.
const OVERLAP_BYTES: usize = 4 * 1024;
/// How a private key begins, and its end.
const KEY: (&[u8], &[u8]) = (b"-----BEGIN ", b"-----END ");

/// Takes secrets out of a stream of bytes.
pub(super) struct Scrub {
    known: Vec<SecretString>,
    /// Made when there is something to clean: its patterns would hold up every start.
    redactor: OnceCell<Redactor>,
    held: Vec<u8>,
}

impl Scrub {
    /// Takes out the known values and the well-known shapes.
    pub(super) fn new(known: Vec<SecretString>) -> Scrub {
        Scrub {
            known,
            redactor: OnceCell::new(),
            held: Vec::new(),
        }
    }

    /// Takes more in; gives what can be said of it already.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let rest = self.held.split_off(self.end());
        let whole = std::mem::replace(&mut self.held, rest);
        self.clean(&whole)
    }

    /// Gives what was held back.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.clean(&rest)
    }

    /// Where what is held can be cut.
    fn end(&self) -> usize {
        let line = memchr::memrchr(b'\n', &self.held).map_or(0, |end| end + 1);
        let lines = self.held.get(..line).unwrap_or_default();
        let key = memchr::memmem::rfind(lines, KEY.0).filter(|begin| {
            let after = lines.get(*begin..).unwrap_or_default();
            memchr::memmem::find(after, KEY.1).is_none()
        });
        let end = key.unwrap_or(line);
        if end == 0 && self.held.len() > HELD_BYTES_MAX {
            return self.held.len() - OVERLAP_BYTES;
        }
        end
    }

    fn clean(&self, bytes: &[u8]) -> Vec<u8> {
        let mut clean = Vec::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            let redactor = self.redactor.get_or_init(|| Redactor::new(&self.known));
            clean.extend_from_slice(redactor.clean(chunk.valid()).as_bytes());
            clean.extend_from_slice(chunk.invalid());
        }
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "tr0ub4dor-and-3";

    fn scrubbed(chunks: impl IntoIterator<Item = Vec<u8>>) -> String {
        let mut scrub = Scrub::new(vec![SecretString::from(SECRET)]);
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(scrub.push(&chunk));
            assert!(scrub.held.len() <= HELD_BYTES_MAX + chunk.len());
        }
        out.extend(scrub.finish());
        String::from_utf8_lossy(&out).into_owned()
    }

    proptest! {
        #[test]
        fn a_secret_goes_however_it_is_cut_into_chunks(
            before in "[a-z \n]{0,40}", after in "[a-z \n]{0,40}", size in 1_usize..9) {
            let text = format!("{before}{SECRET}{after}");
            let out = scrubbed(text.as_bytes().chunks(size).map(<[u8]>::to_vec));
            prop_assert_eq!(out, format!("{before}[redacted]{after}"));
        }

        #[test]
        fn what_holds_no_secret_is_kept_byte_for_byte(chunks in proptest::collection::vec(
            proptest::collection::vec(0_u8..=255, 0..60), 0..8)) {
            let all = chunks.concat();
            let mut scrub = Scrub::new(Vec::new());
            let mut out: Vec<u8> = chunks.iter().flat_map(|chunk| scrub.push(chunk)).collect();
            out.extend(scrub.finish());
            prop_assert_eq!(out, all);
        }
    }

    #[test]
    fn a_private_key_goes_with_all_its_lines() {
        let kind = "OPENSSH PRIVATE KEY";
        let key = format!("-----BEGIN {kind}-----\nAAAA\nBBBB\n-----END {kind}-----\n");
        let text = format!("first\n{key}last\n");
        let out = scrubbed(text.as_bytes().chunks(7).map(<[u8]>::to_vec));
        assert_eq!(out, "first\n[redacted]\nlast\n");
    }

    #[test]
    fn a_line_without_end_is_let_through_in_parts_and_its_secret_is_not() {
        let mut chunks = vec![vec![b'x'; 64 * 1024]; 5];
        chunks.push(format!("{}tr0ub4", "y ".repeat(100)).into_bytes());
        chunks.push(b"dor-and-3 z".to_vec());
        let out = scrubbed(chunks);
        assert!(out.ends_with("y [redacted] z") && !out.contains("tr0ub4"));
    }
}
