//! The data folder (`.stoa/`): who uses it now, and where the running shop's parts listen.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const RUNNING: &str = "run.json";
/// How far publishing has read the table's stream, and how far the CRM has.
pub(crate) const STREAM: &str = "stream.json";
pub(crate) const CRM_STREAM: &str = "stream-crm.json";
/// Where `stoa dev` keeps the letters that it would have sent.
pub(crate) const MAIL: &str = "mail";

/// A data folder that this process alone uses, for as long as it holds this.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    // The system gives the lock back when the file is closed, however this process ends.
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where it is missing. None: another process holds it.
    pub(crate) fn lock(path: &Path) -> Result<Option<Self>> {
        fs::create_dir_all(path).with_context(|| format!("the data folder {} cannot be made", path.display()))?;
        let file = path.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&file);
        let lock = lock.with_context(|| format!("the data folder {} cannot be written", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path: fs::canonicalize(path)?, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", file.display())),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is free where the folder lies; None where the system does not tell.
    pub(crate) fn free_mib(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.path).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize) >> 20)
    }

    /// Refuses a disk that would be full before the shop is open.
    pub(crate) fn need_mib(&self, needed: u64) -> Result<()> {
        match self.free_mib() {
            Some(free) if free < needed => bail!(
                "the disk of {} has {free} MiB free and the shop needs {needed}: free some, or choose another folder with --data",
                self.path.display()
            ),
            _ => Ok(()),
        }
    }

    /// Removes all data. A folder with anything in it that no shop wrote is left alone.
    pub(crate) fn clear(&self) -> Result<()> {
        const OURS: [&str; 10] = [
            "import.errors.csv",
            "secrets.json",
            "dynamodb.sqlite",
            "objects",
            "edge",
            "log",
            "stocked",
            STREAM,
            CRM_STREAM,
            MAIL,
        ];
        let entries = fs::read_dir(&self.path)?.collect::<Result<Vec<_>, _>>()?;
        let foreign = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).find(|name| {
            !OURS.contains(&name.as_str()) && !name.starts_with("dynamodb.sqlite-") && name != LOCK && name != RUNNING
        });
        if let Some(name) = foreign {
            bail!("{} holds {name}, which is not a shop's: --fresh removes nothing there", self.path.display());
        }
        for entry in entries.iter().filter(|entry| entry.file_name() != LOCK) {
            let path = entry.path();
            let removed = if entry.file_type()?.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.with_context(|| format!("removing {}", path.display()))?;
        }
        Ok(())
    }
}

/// What other commands need to find a running shop. Removed when the shop stops.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) pid: u32,
    pub(crate) url: String,
    pub(crate) dynamodb_url: String,
    pub(crate) objects_url: String,
    pub(crate) functions_url: String,
    /// Where the simulated payment providers are, and what this machine tells them.
    #[serde(default)]
    pub(crate) simulators_url: Option<String>,
}

impl Running {
    pub(crate) fn write(&self, folder: &DataFolder) -> Result<()> {
        // Written aside and renamed: a reader never sees half of it.
        let (file, new) = (folder.path().join(RUNNING), folder.path().join("run.json.new"));
        fs::write(&new, serde_json::to_vec_pretty(self)?).with_context(|| format!("writing {}", new.display()))?;
        fs::rename(&new, &file).with_context(|| format!("writing {}", file.display()))
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let file = path.join(RUNNING);
        let text = fs::read(&file).with_context(|| {
            format!("another command uses {} and has not started a shop there: try again in a moment", path.display())
        })?;
        serde_json::from_slice(&text).with_context(|| format!("reading {}", file.display()))
    }

    pub(crate) fn remove(folder: &DataFolder) {
        // Without it a reader is told that no shop runs; with a stale one the lock tells the same.
        let _ = fs::remove_file(folder.path().join(RUNNING));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_not_given_out_again() {
        let temp = tempfile::tempdir().unwrap();
        let held = DataFolder::lock(temp.path()).unwrap();
        assert!(held.is_some());
        assert!(DataFolder::lock(temp.path()).unwrap().is_none());
        drop(held);
        assert!(DataFolder::lock(temp.path()).unwrap().is_some());
    }

    #[test]
    fn a_disk_that_is_too_small_is_named_with_both_figures() {
        let temp = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(temp.path()).unwrap().unwrap();
        let free = folder.free_mib().unwrap();
        assert!(folder.need_mib(0).is_ok());
        let refusal = folder.need_mib(u64::MAX).unwrap_err().to_string();
        assert!(refusal.contains(" MiB free") && refusal.contains("--data"), "{refusal}");
        assert!(free < u64::MAX);
    }

    #[test]
    fn clearing_removes_a_shops_data_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(temp.path()).unwrap().unwrap();
        fs::create_dir(temp.path().join("objects")).unwrap();
        for file in ["dynamodb.sqlite-wal", STREAM, CRM_STREAM] {
            fs::write(temp.path().join(file), "").unwrap();
        }
        folder.clear().unwrap();
        assert!(!temp.path().join("objects").exists());
        fs::write(temp.path().join("dynamodb.sqlite"), "").unwrap();
        fs::write(temp.path().join("thesis.txt"), "").unwrap();
        assert!(folder.clear().is_err());
        assert!(temp.path().join("dynamodb.sqlite").exists());
        assert!(temp.path().join("thesis.txt").exists());
    }
}
