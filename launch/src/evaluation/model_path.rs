//! Search path for models included by Gazebo worlds.

use std::path::{Component, Path, PathBuf};

use runtime::input::read_text;

/// Maximum size of a model file, bytes.
const MODEL_MAX: usize = 64 << 20;
/// Environment variables with model directories.
const VARIABLES: [&str; 2] = ["GZ_SIM_RESOURCE_PATH", "GAZEBO_MODEL_PATH"];

/// Model directories in search order.
#[derive(Debug)]
pub(crate) struct ModelPath {
    directories: Vec<PathBuf>,
    /// Directory of the world; relative paths start here.
    beside: PathBuf,
}

impl ModelPath {
    /// Given directories, those of the environment, and those around the world file in the layout
    /// of packages (`worlds/` beside `models/`).
    pub fn new(world: &Path, given: &[PathBuf]) -> Self {
        let beside = match world.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let listed = VARIABLES.iter().filter_map(std::env::var_os);
        let listed: Vec<PathBuf> = listed
            .flat_map(|list| std::env::split_paths(&list).collect::<Vec<_>>())
            .collect();
        let mut directories = given.to_vec();
        directories.extend(listed);
        directories.extend([
            beside.clone(),
            beside.join("models"),
            beside.join("../models"),
        ]);
        Self {
            directories,
            beside,
        }
    }

    /// SDF text of the model of a URI; none if not found.
    pub fn open(&self, uri: &str) -> Option<String> {
        let (name, directories) = match uri.split_once("://") {
            Some(("model", name)) => (name, self.directories.as_slice()),
            Some(("file", path)) => (path, std::slice::from_ref(&self.beside)),
            None => (uri, self.directories.as_slice()),
            Some(_) => return None,
        };
        let leads_up = |part| part == Component::ParentDir;
        if name.is_empty() || Path::new(name).components().any(leads_up) {
            return None;
        }
        directories
            .iter()
            .find_map(|directory| sdf_of(&directory.join(name)))
            .and_then(|file| read_text(&file, MODEL_MAX).ok())
    }
}

/// SDF file of a model: the path itself, or in a directory `model.sdf` or the last one by name.
fn sdf_of(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let usual = path.join("model.sdf");
    if usual.is_file() {
        return Some(usual);
    }
    let entries = std::fs::read_dir(path).ok()?;
    let files = entries.flatten().map(|entry| entry.path());
    files
        .filter(|file| file.extension().is_some_and(|kind| kind == "sdf"))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name_beside_their_world_and_where_they_were_told() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["worlds", "models/house", "more/tree"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        std::fs::write(at("models/house/model.sdf"), "house").unwrap();
        std::fs::write(at("more/tree/model-1_5.sdf"), "tree").unwrap();
        let path = ModelPath::new(&at("worlds/a.world"), &[at("more")]);
        assert_eq!(path.open("model://house").as_deref(), Some("house"));
        assert_eq!(path.open("model://tree").as_deref(), Some("tree"));
        assert_eq!(path.open("tree").as_deref(), Some("tree"));
        for missing in [
            "model://nothing",
            "model://",
            "model://../more/tree",
            "https://fuel.gazebosim.org/tree",
        ] {
            assert_eq!(path.open(missing), None, "{missing}");
        }
    }
}
