//! The kept output of a run, read again from its first line to its last to
//! learn why the run failed.
//!
//! Invariant: memory is bounded by [`PIECE_BYTES_MAX`] whatever the file holds;
//! a longer line is read in pieces that overlap, so that no phrase is missed. A
//! file that cannot be read says nothing.

use crate::classify::{Rules, Said, scan};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line that is read at once, in bytes.
const PIECE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a piece that the next one begins with: longer than any phrase, and
/// so that a piece never counts as a line that can be shown.
const OVERLAP_BYTES: usize = 2 * scan::LINE_BYTES_MAX;

/// How the line begins and ends that stands where output was cut.
const CUT: (&str, &str) = ("[adf: ", " bytes of output were cut here]");

/// What a run's kept output says.
pub(super) async fn whole(path: PathBuf, rules: Rules) -> Said {
    let read = tokio::task::spawn_blocking(move || read(&path, &rules));
    match read.await {
        Ok(Ok(said)) => said,
        Ok(Err(error)) => {
            tracing::warn!(target: "adf::run", %error, "the output of a failed run cannot be read again");
            Said::default()
        }
        Err(_) => Said::default(),
    }
}

fn read(path: &Path, rules: &Rules) -> io::Result<Said> {
    let mut file = BufReader::new(File::open(path)?);
    let mut scan = rules.scan();
    let mut piece = Vec::new();
    // The line before, and whether it follows a cut.
    let mut held: Option<(String, bool)> = None;
    loop {
        let room = PIECE_BYTES_MAX.saturating_sub(piece.len());
        let bound = u64::try_from(room).unwrap_or(u64::MAX);
        let got = (&mut file).take(bound).read_until(b'\n', &mut piece)?;
        let text = String::from_utf8_lossy(&piece).into_owned();
        let cut = is_cut(&text);
        let after_cut = held.as_ref().is_some_and(|(line, _)| is_cut(line));
        if let Some((line, cut_before)) = held.take() {
            scan.take(&line, !cut && !cut_before);
        }
        if got == 0 && piece.is_empty() {
            return Ok(scan.finish());
        }
        held = Some((text, after_cut));
        if got == room && piece.last() != Some(&b'\n') {
            piece.drain(..piece.len().saturating_sub(OVERLAP_BYTES));
        } else {
            piece.clear();
        }
    }
}

/// Whether a line says that output was cut here: beside it stand halves of lines,
/// and half a secret is not known as one.
fn is_cut(line: &str) -> bool {
    line.starts_with(CUT.0) && line.trim_end().ends_with(CUT.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureClass;

    fn said(text: &str) -> Said {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("output.log");
        std::fs::write(&path, text).unwrap();
        read(&path, &Rules::new(&[])).unwrap()
    }

    fn class(text: &str) -> Option<FailureClass> {
        said(text).matched.map(|(class, _, _)| class)
    }

    #[test]
    fn what_stands_in_the_first_line_of_a_long_output_is_read() {
        let text = format!("HTTP 429\n{}", "working\n".repeat(200_000));
        assert_eq!(class(&text), Some(FailureClass::Transient));
        assert_eq!(said(&text).last.trim(), "working");
    }

    #[test]
    fn a_phrase_in_a_line_without_end_is_found_wherever_a_piece_ends() {
        for before in [PIECE_BYTES_MAX - 20, PIECE_BYTES_MAX - 8, PIECE_BYTES_MAX] {
            let text = format!(
                "{} too many requests {}",
                "x".repeat(before),
                "y".repeat(200_000)
            );
            assert_eq!(class(&text), Some(FailureClass::Transient), "{before}");
            let line = said(&text).matched.map(|(_, _, line)| line);
            assert_eq!(line.as_deref(), Some("too many requests"));
        }
    }

    #[test]
    fn halves_of_lines_beside_a_cut_are_read_and_not_shown() {
        let cut = "[adf: 9 bytes of output were cut here]";
        let text = format!("whole\nHTTP 429 half a sec\n{cut}\nret HTTP 429\nwhole again\n");
        let line = said(&text).matched.map(|(_, _, line)| line);
        assert_eq!(line.as_deref(), Some("http 429"));
        let text = format!("{cut}\nret");
        assert_eq!(said(&text).last, "");
    }

    #[test]
    fn an_output_that_ends_with_a_full_piece_ends() {
        for size in [
            0,
            1,
            PIECE_BYTES_MAX - 1,
            PIECE_BYTES_MAX,
            PIECE_BYTES_MAX + 1,
        ] {
            assert_eq!(class(&"x".repeat(size)), None);
        }
    }
}
