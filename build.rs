//! The commit and its date into the binary, for `adf --version`; its relocations packed
//! where that can be, for they are read at every start; and alike code folded.
//!
//! Invariant: outside git (a tarball, a copied folder, a checkout inside
//! somebody else's repository) the build goes on and says "unknown".

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What asks a linker for it.
const FOLD: &str = "-Wl,--icf=all";

fn main() {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let (commit, date) = commit(&root).unwrap_or_default();
    let unknown = |text: String| {
        if text.is_empty() {
            "unknown".to_owned()
        } else {
            text
        }
    };
    println!("cargo::rustc-env=ADF_COMMIT={}", unknown(commit));
    println!("cargo::rustc-env=ADF_COMMIT_DATE={}", unknown(date));
    if reads_packed_relocations() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if is_set("PROFILE", "release") && folds_alike_code() {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}

/// Whether the linker here makes one of functions whose code is the same: an idle factory
/// is mostly its own text. Tried, for nothing says which linker it is.
fn folds_alike_code() -> bool {
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let (source, program) = (folder.join("fold.rs"), folder.join("fold"));
    let here = std::env::var_os("HOST") == std::env::var_os("TARGET");
    let written = std::fs::write(&source, "fn main() {}").is_ok();
    let said = |name| std::env::var_os(name).and_then(|value| value.into_string().ok());
    let rustc = said("RUSTC").unwrap_or_default();
    let flags = said("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let flags = flags.split('\u{1f}').filter(|flag| !flag.is_empty());
    let link = format!("link-arg={FOLD}");
    let (Some(source), Some(program)) = (source.to_str(), program.to_str()) else {
        return false;
    };
    let arguments: Vec<&str> = flags.chain(["-C", &link, "-o", program, source]).collect();
    here && written && output(&rustc, &arguments).is_some()
}

/// Whether this machine's C library, which the binary is for, is glibc 2.36 or later.
fn reads_packed_relocations() -> bool {
    let target = std::env::var_os("TARGET");
    let here = target.is_some() && std::env::var_os("HOST") == target;
    let version = output("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_default();
    let minor = version.strip_prefix("glibc 2.").map(str::parse::<u32>);
    here && is_set("CARGO_CFG_TARGET_ENV", "gnu") && matches!(minor, Some(Ok(36..)))
}

fn is_set(name: &str, wanted: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == wanted)
}

/// The short hash, with `-dirty` where tracked files differ, and the commit's day.
fn commit(root: &Path) -> Option<(String, String)> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    watch(root);
    let hash = git(root, &["rev-parse", "--short=12", "HEAD"])?;
    let date = git(root, &["log", "-1", "--format=%cs"])?;
    let changed = git(root, &["status", "--porcelain", "--untracked-files=no"])?;
    let dirty = if changed.is_empty() { "" } else { "-dirty" };
    Some((format!("{hash}{dirty}"), date))
}

/// Runs this again when the commit moves or the sources change. Only files that
/// exist: a missing one would mean "always".
fn watch(root: &Path) {
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    let names = ["HEAD", "index", "packed-refs"].into_iter();
    for name in names.chain(branch.as_deref()) {
        let Some(path) = git(root, &["rev-parse", "--git-path", name]) else {
            continue;
        };
        let path = root.join(path);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    for name in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={name}");
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let root = root.to_str()?;
    let place = ["--no-optional-locks", "-C", root];
    output("git", &[&place, arguments].concat())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the build script has no other way to ask, and is no part of the factory"
)]
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
