//! Directories for tests that go away even when a module tree has made them
//! read-only.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A temporary directory, removed when dropped whatever the modes in it.
#[derive(Debug)]
pub struct TempTree {
    path: PathBuf,
}

impl TempTree {
    /// A fresh directory in memory where the machine has a writable
    /// `/dev/shm`, else in the system's temporary directory.
    pub fn new() -> Self {
        Self::within(&fast_temp_root())
    }

    /// A fresh directory below another.
    pub fn within(root: &Path) -> Self {
        fs::create_dir_all(root).unwrap();
        let dir = tempfile::Builder::new()
            .prefix("airgo-test-")
            .tempdir_in(root)
            .unwrap_or_else(|e| panic!("temporary directory in {}: {e}", root.display()));
        // macOS hands out a path through a symbolic link; tools that print
        // real paths would not match it.
        Self { path: fs::canonicalize(dir.keep()).unwrap() }
    }

    /// Its path, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path below it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// A fresh directory below it.
    pub fn dir(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        path
    }

    /// Writes a file below it, with the directories above.
    pub fn write(&self, name: impl AsRef<Path>, data: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, data).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        path
    }
}

impl Default for TempTree {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempTree {
    fn drop(&mut self) {
        if env::var_os("AIRGO_KEEP_TEMP").is_some() {
            return;
        }
        let _ = make_writable(&self.path).and_then(|()| fs::remove_dir_all(&self.path));
    }
}

/// Gives the owner every right to the directories of a tree.
fn make_writable(dir: &Path) -> io::Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

/// What a test may need at most: the largest project's cache and its bundle.
const SPACE: u64 = 4 << 30;

/// Where temporary trees are fastest: `/dev/shm` where it is writable and has
/// space (a container often gives it 64 MiB), else the system's temporary
/// directory.
pub fn fast_temp_root() -> PathBuf {
    let shm = Path::new("/dev/shm");
    let spacious = rustix::fs::statvfs(shm).is_ok_and(|s| s.f_bavail.saturating_mul(s.f_frsize) >= SPACE);
    if spacious && tempfile::tempfile_in(shm).is_ok() { shm.to_owned() } else { env::temp_dir() }
}

/// A directory that stays between test runs: `tmp` below cargo's target
/// directory, for downloads and build caches that tests share.
pub fn target_tmp() -> PathBuf {
    let exe = env::current_exe().unwrap();
    // Cargo marks a target directory that it makes, and not one that was there, such as a
    // mounted volume: there it is what `<profile>/deps` is in.
    let marked = exe.ancestors().find(|dir| dir.join("CACHEDIR.TAG").exists());
    let above = || exe.ancestors().skip_while(|dir| !dir.ends_with("deps")).nth(2);
    let target = marked.or_else(above);
    let dir =
        target.unwrap_or_else(|| panic!("{} is not below a target directory", exe.display())).join("tmp");
    fs::create_dir_all(&dir).unwrap();
    dir
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_away_though_read_only() {
        let path = {
            let t = TempTree::new();
            let dir = t.dir("a/b");
            t.write("a/b/f", "x");
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
            t.path().to_owned()
        };
        assert!(!path.exists());
    }
}
