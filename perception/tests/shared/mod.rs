//! Data of others, beside the repository.

use std::path::{Path, PathBuf};

/// A file or directory of the shared data, or nothing where it is not at hand; in CI it must be.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").is_err(),
        "{} is missing",
        path.display()
    );
    println!("skipped: {} is missing", path.display());
    None
}
