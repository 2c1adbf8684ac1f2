//! Files to be → what would change, checked from a copy; then all of it, or none.
//!
//! Invariant: the copy is loaded by `config::load` before a file is touched, and no
//! path leads out of it; a file that cannot be put in its place takes back those
//! before it. A file that is replaced keeps its mode, its owner and the links to it.

use super::SetupError;
use super::files::File;
use crate::config::{self, Config, Fault};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::{Component, Path, PathBuf},
};

/// The mode of folders, whatever the umask: the service's user must be able to pass them.
const FOLDER_MODE: u32 = 0o755;

/// What would happen to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    New,
    /// It is there and says the same.
    Same,
    /// It is there and says something else.
    Differs,
    /// It is there and stays, whatever it says.
    Kept,
}

/// Files, what stands in their places, and the config as it would be loaded.
#[derive(Debug)]
pub struct Staged {
    /// Each file, what would happen, and what stands there.
    pub files: Vec<(File, Change, Option<String>)>,
    /// The config, as loaded from the copy.
    pub config: Config,
}

/// Copies the files below `root` into a folder of its own and loads the config there.
///
/// # Errors
/// [`SetupError::Config`] when the config is refused.
pub fn stage(files: Vec<File>, root: &Path, config: &Path) -> Result<Staged, SetupError> {
    let copy = tempfile::Builder::new().prefix("adf-init-").tempdir();
    let copy = copy.map_err(SetupError::io("a temporary folder"))?;
    let mut seen = BTreeSet::new();
    for file in &files {
        if !seen.insert(&file.path) {
            return Err(SetupError::Wish(format!(
                "{} would hold two files at once; name another --unit",
                file.path.display()
            )));
        }
        if let Some(inner) = inside(&file.path, root)? {
            let path = copy.path().join(inner);
            make_folder(&path).map_err(SetupError::io(path.display().to_string()))?;
            fs::write(&path, &file.text).map_err(SetupError::io(path.display().to_string()))?;
        }
    }
    let inner = inside(config, root)?.unwrap_or(config);
    let loaded = config::load(&copy.path().join(inner));
    let loaded = loaded.map_err(|faults| SetupError::Config(placed(faults, copy.path(), root)))?;
    let mut found = Vec::new();
    for file in files {
        let there = there(&file.path)?;
        let change = match &there {
            None => Change::New,
            Some(_) if file.is_kept => Change::Kept,
            Some(text) if *text == file.text => Change::Same,
            Some(_) => Change::Differs,
        };
        found.push((file, change, there));
    }
    Ok(Staged {
        files: found,
        config: loaded,
    })
}

/// A path from `root` on, if it is below; one that would lead out of a copy again is refused.
fn inside<'a>(path: &'a Path, root: &Path) -> Result<Option<&'a Path>, SetupError> {
    let Ok(inner) = path.strip_prefix(root) else {
        return Ok(None);
    };
    let is_plain = |part| matches!(part, Component::Normal(_));
    if inner.components().all(is_plain) {
        return Ok(Some(inner));
    }
    Err(SetupError::Wish(format!(
        "{} leads out of {}; name it without `..`",
        path.display(),
        root.display()
    )))
}

/// Faults of the copy, as faults of the files that it is a copy of.
fn placed(mut faults: Vec<Fault>, copy: &Path, root: &Path) -> Vec<Fault> {
    for fault in &mut faults {
        if let Ok(inner) = fault.file.strip_prefix(copy) {
            fault.file = root.join(inner);
        }
    }
    faults
}

fn there(path: &Path) -> Result<Option<String>, SetupError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SetupError::io(path.display().to_string())(error)),
    }
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

impl Staged {
    /// Files that stand there and say something else.
    #[must_use]
    pub fn in_the_way(&self) -> Vec<&Path> {
        let differing = self
            .files
            .iter()
            .filter(|(_, change, _)| *change == Change::Differs);
        differing.map(|(file, _, _)| file.path.as_path()).collect()
    }

    /// Puts everything in its place and says how many files were written.
    ///
    /// # Errors
    /// [`SetupError::InTheWay`] without `force`, and [`SetupError::Io`]; nothing is
    /// written then.
    pub fn apply(&self, force: bool) -> Result<usize, SetupError> {
        let in_the_way = self.in_the_way();
        if !force && !in_the_way.is_empty() {
            let names: Vec<String> = in_the_way.iter().map(|p| p.display().to_string()).collect();
            return Err(SetupError::InTheWay(names.join(", ")));
        }
        let changing = self
            .files
            .iter()
            .filter(|(_, change, _)| matches!(change, Change::New | Change::Differs));
        let changing: Vec<_> = changing.collect();
        let mut undo = Undo::default();
        let mut drafts = Vec::new();
        // Everything is on the disk under other names before the first gets its own.
        for (file, _, there) in &changing {
            undo.folders(&file.path).map_err(failed(&file.path))?;
            let drafted = draft(file).map_err(failed(&file.path))?;
            drafts.push((drafted, file, there));
        }
        for (Draft { text, to, mode }, file, there) in drafts {
            let put = text.persist(&to).map_err(|error| error.error);
            let put = put.and_then(|written| written.sync_all());
            put.map_err(failed(&file.path))?;
            undo.files.push((to, (*there).clone(), mode));
        }
        undo.is_done = true;
        Ok(changing.len())
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SetupError {
    SetupError::io(format!("{} cannot be written", path.display()))
}

/// A file under another name, beside where it will stand.
struct Draft {
    text: tempfile::NamedTempFile,
    to: PathBuf,
    mode: u32,
}

fn draft(file: &File) -> std::io::Result<Draft> {
    use std::io::Write as _;
    let to = target(&file.path)?;
    let folder = to.parent().unwrap_or(Path::new("/"));
    let mut text = tempfile::Builder::new()
        .prefix(".adf-init-")
        .tempfile_in(folder)?;
    text.write_all(file.text.as_bytes())?;
    let before = fs::metadata(&to).ok();
    if let Some(before) = &before
        && before.uid() != text.as_file().metadata()?.uid()
    {
        fchown(text.as_file(), Some(before.uid()), Some(before.gid()))?;
    }
    let mode = before.map_or(file.mode, |before| before.permissions().mode());
    let bits = fs::Permissions::from_mode(mode);
    text.as_file().set_permissions(bits)?;
    text.as_file().sync_all()?;
    Ok(Draft { text, to, mode })
}

/// Where a file's bytes are: what a link in its place names.
fn target(path: &Path) -> std::io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(data) if data.is_symlink() => fs::canonicalize(path),
        _ => Ok(path.to_owned()),
    }
}

/// Takes back what was done, unless all of it was.
#[derive(Default)]
struct Undo {
    is_done: bool,
    files: Vec<(PathBuf, Option<String>, u32)>,
    made: Vec<PathBuf>,
}

impl Undo {
    /// Makes the folders above a file, and remembers those that it made.
    fn folders(&mut self, path: &Path) -> std::io::Result<()> {
        let above: Vec<&Path> = path.ancestors().skip(1).collect();
        for folder in above.into_iter().rev().filter(|folder| !folder.exists()) {
            fs::create_dir(folder)?;
            self.made.push(folder.to_owned());
            fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER_MODE))?;
        }
        Ok(())
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // What cannot be taken back either is no worse than it was.
        for (path, before, mode) in self.files.drain(..).rev() {
            let _ = match before {
                None => fs::remove_file(&path),
                Some(text) => fs::write(&path, text)
                    .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode))),
            };
        }
        for folder in self.made.drain(..).rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
