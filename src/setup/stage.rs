//! Files to be → what would change, checked from a copy; then all of it, or none.
//!
//! Invariant: the copy is loaded by `config::load` before a file is touched; a
//! file that cannot be put in its place takes back those before it.

use super::SetupError;
use super::files::File;
use crate::config::{self, Config, Fault};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

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
    for file in &files {
        if let Ok(inner) = file.path.strip_prefix(root) {
            let path = copy.path().join(inner);
            make_folder(&path).map_err(SetupError::io(path.display().to_string()))?;
            fs::write(&path, &file.text).map_err(SetupError::io(path.display().to_string()))?;
        }
    }
    let inner = config.strip_prefix(root).unwrap_or(config);
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
        for (file, _, _) in &changing {
            undo.folders(&file.path).map_err(failed(&file.path))?;
            drafts.push((draft(file).map_err(failed(&file.path))?, file));
        }
        for ((draft, file), (_, _, there)) in drafts.into_iter().zip(&changing) {
            let mode = fs::metadata(&file.path).map_or(file.mode, |data| data.permissions().mode());
            let put = draft.persist(&file.path).map_err(|error| error.error);
            let put = put.and_then(|written| written.sync_all());
            put.map_err(failed(&file.path))?;
            undo.files.push((file.path.clone(), there.clone(), mode));
        }
        undo.is_done = true;
        Ok(changing.len())
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SetupError {
    SetupError::io(format!("{} cannot be written", path.display()))
}

/// A file under another name, beside its own.
fn draft(file: &File) -> std::io::Result<tempfile::NamedTempFile> {
    use std::io::Write as _;
    let folder = file.path.parent().unwrap_or(Path::new("/"));
    let mut draft = tempfile::Builder::new()
        .prefix(".adf-init-")
        .tempfile_in(folder)?;
    draft.write_all(file.text.as_bytes())?;
    let mode = fs::Permissions::from_mode(file.mode);
    draft.as_file().set_permissions(mode)?;
    draft.as_file().sync_all()?;
    Ok(draft)
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
