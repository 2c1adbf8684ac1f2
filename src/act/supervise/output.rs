//! An agent's bytes → a file with a named cap and whole lines for the provider.
//!
//! Invariant: memory is bounded by [`TAIL_BYTES_MAX`] and [`LINE_BYTES_MAX`]
//! whatever the agent writes; every byte is counted; what is not kept is said
//! in the file, and no secret reaches it. A file that cannot be written never
//! stops the draining.

use super::scrub::Scrub;
use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Bytes of the end that are kept of an output above its cap.
pub const TAIL_BYTES_MAX: u64 = 256 * 1024;
/// The longest line a provider gets to see, in bytes; longer ones are only logged.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// The log of a run: its head on disk, its tail in memory until the end.
pub struct CappedLog {
    file: File,
    head_left: u64,
    tail: VecDeque<u8>,
    tail_max: usize,
    total: u64,
    lost: u64,
    error: Option<io::Error>,
    /// Takes secrets out of what goes to the file; `None`: it is the factory's own.
    scrub: Option<Scrub>,
}

impl CappedLog {
    /// Makes the file, for the owner only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn create(path: &Path, cap: u64, scrub: Option<Scrub>) -> io::Result<CappedLog> {
        let tail = (cap / 4).min(TAIL_BYTES_MAX);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        Ok(CappedLog {
            file,
            head_left: cap - tail,
            tail: VecDeque::new(),
            tail_max: usize::try_from(tail).unwrap_or(0),
            total: 0,
            lost: 0,
            error: None,
            scrub,
        })
    }

    /// Takes what the agent wrote.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total = self.total.saturating_add(length(bytes));
        let head = usize::try_from(self.head_left).unwrap_or(usize::MAX);
        let (head, rest) = bytes.split_at(head.min(bytes.len()));
        self.head_left -= length(head);
        self.keep(head);
        self.tail.extend(rest);
        let over = self.tail.len().saturating_sub(self.tail_max);
        self.tail.drain(..over);
        self.lost = self
            .lost
            .saturating_add(u64::try_from(over).unwrap_or(u64::MAX));
    }

    /// Writes the cut and the tail. Returns bytes in all, bytes not kept, and
    /// the first error of the disk.
    pub fn finish(mut self) -> (u64, u64, Option<io::Error>) {
        if self.lost > 0 {
            self.flush();
            let note = format!("\n[adf: {} bytes of output were cut here]\n", self.lost);
            let before = self.lost;
            self.write(note.as_bytes());
            self.lost = before;
        }
        let tail: Vec<u8> = std::mem::take(&mut self.tail).into();
        self.keep(&tail);
        self.flush();
        (self.total, self.lost, self.error)
    }

    /// Writes what the agent wrote, without secrets.
    fn keep(&mut self, bytes: &[u8]) {
        match &mut self.scrub {
            Some(scrub) => {
                let clean = scrub.push(bytes);
                self.write(&clean);
            }
            None => self.write(bytes),
        }
    }

    /// Writes what was held back of it.
    fn flush(&mut self) {
        if let Some(rest) = self.scrub.as_mut().map(Scrub::finish) {
            self.write(&rest);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.error.is_none()
            && let Err(error) = self.file.write_all(bytes)
        {
            self.error = Some(error);
        }
        if self.error.is_some() {
            self.lost = self.lost.saturating_add(length(bytes));
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Cuts chunks into whole lines.
#[derive(Default)]
pub struct Lines {
    part: Vec<u8>,
    skipping: bool,
}

impl Lines {
    /// Calls `each` for every line that the chunk completes, without its end.
    pub fn push(&mut self, chunk: &[u8], mut each: impl FnMut(&[u8])) {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (piece, more) = rest.split_at(end);
            rest = more.get(1..).unwrap_or_default();
            if self.part.is_empty() && !self.skipping && piece.len() <= LINE_BYTES_MAX {
                each(piece);
                continue;
            }
            self.keep(piece);
            if !self.part.is_empty() {
                each(&self.part);
                self.part.clear();
            }
            self.skipping = false;
        }
        self.keep(rest);
    }

    /// More of a line that is not over.
    fn keep(&mut self, piece: &[u8]) {
        if self.part.len() + piece.len() > LINE_BYTES_MAX {
            self.skipping = true;
            self.part = Vec::new();
        } else if !self.skipping {
            self.part.extend_from_slice(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(cap: u64, chunks: &[Vec<u8>]) -> (Vec<u8>, u64, u64) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = CappedLog::create(&path, cap, None).unwrap();
        chunks.iter().for_each(|chunk| log.push(chunk));
        let (total, cut, error) = log.finish();
        assert!(error.is_none());
        (std::fs::read(path).unwrap(), total, cut)
    }

    #[test]
    fn head_and_tail_are_kept_and_the_cut_is_said_between_them() {
        let text: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let (file, total, cut) = kept(100, std::slice::from_ref(&text));
        assert_eq!((total, cut), (1000, 900));
        assert_eq!(file.get(..75), text.get(..75));
        assert!(file.ends_with(text.get(975..).unwrap()));
        assert!(
            String::from_utf8_lossy(&file).contains("[adf: 900 bytes of output were cut here]")
        );
    }

    #[test]
    fn a_full_disk_is_counted_and_said_and_does_not_stop_the_draining() {
        let mut log = CappedLog::create(Path::new("/dev/full"), 1 << 20, None).unwrap();
        log.push(&[b'x'; 1000]);
        log.push(&[b'y'; 1000]);
        let (total, cut, error) = log.finish();
        assert_eq!((total, cut), (2000, 2000));
        assert!(error.is_some());
    }

    proptest! {
        #[test]
        fn whatever_fits_is_kept_whole(chunks in proptest::collection::vec(
            proptest::collection::vec(any::<u8>(), 0..50), 0..10)) {
            let all: Vec<u8> = chunks.concat();
            let (file, total, cut) = kept(600, &chunks);
            prop_assert_eq!(file, all.clone());
            prop_assert_eq!((total, cut), (all.len() as u64, 0));
        }

        #[test]
        fn lines_do_not_depend_on_how_they_were_cut_into_chunks(
            lines in proptest::collection::vec("[a-z]{0,9}", 0..12), size in 1_usize..7) {
            let text = lines.iter().map(|l| format!("{l}\n")).collect::<String>();
            let mut got = Vec::new();
            let mut splitter = Lines::default();
            for chunk in text.as_bytes().chunks(size) {
                splitter.push(chunk, |line| got.push(String::from_utf8(line.to_vec()).unwrap()));
            }
            let want: Vec<_> = lines.into_iter().filter(|l| !l.is_empty()).collect();
            got.retain(|line| !line.is_empty());
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn a_line_without_end_costs_no_memory_and_the_next_one_is_seen() {
        let mut lines = Lines::default();
        let mut got = Vec::new();
        for _ in 0..100 {
            lines.push(&[b'x'; 64 * 1024], |line| got.push(line.to_vec()));
            assert!(lines.part.capacity() <= 2 * LINE_BYTES_MAX);
        }
        lines.push(b"\nnext\n", |line| got.push(line.to_vec()));
        assert_eq!(got, [b"next".to_vec()]);
    }
}
