//! The files that a command writes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tempfile::NamedTempFile;

use super::exit::INTERRUPTED;

/// Temporary files that an interrupt must remove.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file that stands under its name when it is whole, and not before: there is never half a report.
pub(super) enum OutputFile {
    /// Written beside its name, then renamed.
    Beside {
        temporary: NamedTempFile,
        name: PathBuf,
    },
    /// A device or a pipe, which a rename would replace by a file.
    Direct(File),
}

impl OutputFile {
    /// Begins to write what shall stand at `path`. Where `path` is a symbolic link, the file it leads to is
    /// written, with the permissions that it has.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let existing = fs::metadata(path).ok();
        let (name, permissions) = match &existing {
            None => (path.to_owned(), None),
            Some(metadata) if metadata.is_file() => match path.canonicalize() {
                Ok(name) => (name, Some(metadata.permissions())),
                // `/dev/stdout` that leads to a file without a name.
                Err(_) => return Ok(Self::Direct(File::create(path)?)),
            },
            Some(_) => return Ok(Self::Direct(File::options().write(true).open(path)?)),
        };
        let directory = name
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty());
        // The name of a temporary file helps nobody.
        remove_when_interrupted();
        let temporary = new_file_in(directory.unwrap_or(Path::new(".")))
            .map_err(|error| io::Error::from(error.kind()))?;
        unfinished().push(temporary.path().to_path_buf());
        if let Some(permissions) = permissions {
            temporary.as_file().set_permissions(permissions)?;
        }
        Ok(Self::Beside { temporary, name })
    }

    pub(super) fn as_file(&self) -> &File {
        match self {
            Self::Beside { temporary, .. } => temporary.as_file(),
            Self::Direct(file) => file,
        }
    }

    /// What has been written takes its name. Without this call nothing changes.
    pub(super) fn commit(self) -> io::Result<()> {
        if let Self::Beside { temporary, name } = self {
            temporary.persist(name)?;
        }
        Ok(())
    }
}

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on an interrupt leaves no temporary file behind. Without one it ends the program as ever.
fn remove_when_interrupted() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where signals cannot be handled, the file stays.
        let _ = ctrlc::set_handler(|| {
            for path in unfinished().drain(..) {
                let _ = fs::remove_file(path);
            }
            #[expect(clippy::exit, reason = "an interrupt ends the program at once")]
            std::process::exit(i32::from(INTERRUPTED));
        });
    });
}

/// Temporary files are for their owner alone; a report has the permissions of any new file.
fn new_file_in(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}
