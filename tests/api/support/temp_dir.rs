//! Folders of tests.

use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed at the end of the test.
pub struct TempDir(pub PathBuf);

impl TempDir {
    /// Names a folder that does not exist, and removes it if it does. Its path is short, because
    /// the socket of a PostgreSQL may lie in it.
    pub fn new(name: &str) -> Self {
        let dir = PathBuf::from(format!("/var/tmp/elos-api-{}-{name}", process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }

    /// Creates a folder, each time another one.
    pub fn created() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let dir = Self::new(&NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        std::fs::create_dir_all(&dir.0).unwrap();
        dir
    }

    pub fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
