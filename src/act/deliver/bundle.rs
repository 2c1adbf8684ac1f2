//! The header of a bundle: bytes written inside an agent's walls become a head
//! and the commits it builds on.
//!
//! Invariant: nothing here believes a name or a length; a header is bounded, of
//! ids and names only, and everything after it goes to git's own checks. Git 2.39
//! does not check objects that it fetches from a bundle, `fetch.fsckObjects` or
//! not; so the header is read here and [`super::take`] gives git the pack alone.

use crate::{act::git::look::is_sha, model::Sha};

/// The longest header, in bytes.
pub const HEADER_MAX_BYTES: usize = 256 << 10;
/// The ref whose presence says that the head holds a snapshot of uncommitted work.
pub const SNAPSHOT_REF: &str = "refs/adf/snapshot";

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The commits it builds on.
    pub needs: Vec<Sha>,
    /// The head to take.
    pub head: Sha,
    /// The head is a snapshot made on top of the agent's own last commit.
    pub uncommitted: bool,
    /// Where the pack begins.
    pub length: usize,
}

/// Reads the header at the beginning of `bytes`.
///
/// The head is [`SNAPSHOT_REF`] where there is one, else `HEAD`, else the one
/// commit that all its refs name.
///
/// # Errors
/// What is wrong with it, without quoting it.
pub fn header(bytes: &[u8]) -> Result<Header, String> {
    let bounded = &bytes[..bytes.len().min(HEADER_MAX_BYTES)];
    let end = bounded
        .windows(2)
        .position(|pair| pair == b"\n\n")
        .ok_or("its header does not end")?;
    let mut lines = bounded[..end].split(|b| *b == b'\n');
    match lines.next() {
        Some(b"# v2 git bundle" | b"# v3 git bundle") => {}
        _ => return Err("it is not a git bundle".to_owned()),
    }
    let mut needs = Vec::new();
    let mut refs: Vec<(&[u8], Sha)> = Vec::new();
    for line in lines {
        match line.first() {
            Some(b'@') if matches!(line, b"@object-format=sha1" | b"@object-format=sha256") => {}
            Some(b'@') => return Err("it asks for a capability that is not taken".to_owned()),
            Some(b'-') => needs.push(id_and_name(&line[1..])?.0),
            _ => {
                let (id, name) = id_and_name(line)?;
                refs.push((name, id));
            }
        }
    }
    let named = |wanted: &str| {
        let found = refs.iter().find(|(name, _)| *name == wanted.as_bytes());
        found.map(|(_, id)| id.clone())
    };
    let own = named("HEAD").or_else(|| {
        let mut ids = refs
            .iter()
            .filter(|(name, _)| *name != SNAPSHOT_REF.as_bytes());
        let first = ids.next().map(|(_, id)| id.clone())?;
        ids.all(|(_, id)| *id == first).then_some(first)
    });
    let snapshot = named(SNAPSHOT_REF);
    let uncommitted = snapshot.is_some() && snapshot != own;
    let head = snapshot
        .or(own)
        .ok_or("its refs do not agree on one head")?;
    Ok(Header {
        needs,
        head,
        uncommitted,
        length: end + 2,
    })
}

fn id_and_name(line: &[u8]) -> Result<(Sha, &[u8]), String> {
    let mut parts = line.splitn(2, |b| *b == b' ');
    let id = parts.next().and_then(|id| std::str::from_utf8(id).ok());
    let name = parts.next().unwrap_or_default();
    match id {
        Some(id) if is_sha(id) => Ok((Sha(id.to_owned()), name)),
        _ => Err("a line of its header holds no commit id".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(digit: char) -> String {
        String::from(digit).repeat(40)
    }

    #[test]
    fn the_snapshot_is_preferred_to_head_and_head_to_others() {
        let (a, b, c, d) = (id('a'), id('b'), id('c'), id('d'));
        let text = format!(
            "# v2 git bundle\n-{a} subject\n{b} refs/heads/x\n{c} HEAD\n{d} refs/adf/snapshot\n\nPACK"
        );
        let read = header(text.as_bytes()).unwrap();
        assert_eq!(read.needs, [Sha(a)]);
        assert_eq!((read.head, read.uncommitted), (Sha(d), true));
        assert!(text.as_bytes()[read.length..].starts_with(b"PACK"));
        let text = format!("# v2 git bundle\n{b} refs/heads/x\n{c} HEAD\n\n");
        let read = header(text.as_bytes()).unwrap();
        assert_eq!((read.head, read.uncommitted), (Sha(c.clone()), false));
        let text = format!("# v3 git bundle\n@object-format=sha1\n{c} refs/heads/x\n\n");
        assert_eq!(header(text.as_bytes()).unwrap().head, Sha(c));
    }

    #[test]
    fn headers_that_say_no_one_head_are_refused() {
        let (b, c) = (id('b'), id('c'));
        for text in [
            String::new(),
            "PACK".to_owned(),
            "# v2 git bundle\n\n".to_owned(),
            format!("# v2 git bundle\n{b} HEAD\n"),
            format!("# v2 git bundle\n{b} refs/heads/x\n{c} refs/heads/y\n\n"),
            format!("# v3 git bundle\n@filter=blob:none\n{b} HEAD\n\n"),
            "# v2 git bundle\n--upload-pack=x HEAD\n\n".to_owned(),
            format!("# v9 git bundle\n{b} HEAD\n\n"),
        ] {
            assert!(header(text.as_bytes()).is_err(), "{text:?}");
        }
        let endless = format!("# v2 git bundle\n{}", format!("{b} HEAD\n").repeat(9_000));
        assert!(header(format!("{endless}\n").as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in ".{0,20}", rest in any::<Vec<u8>>()) {
            let mut bytes = format!("# v2 git bundle\n{start}").into_bytes();
            bytes.extend(rest);
            let _ = header(&bytes);
        }
    }
}
