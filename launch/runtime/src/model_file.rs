//! Files of models: by path, by name in the directories of models, or built into the program.
//!
//! A name is searched in this order:
//!
//! ```text
//! $PERFORMER_MPC_MODELS                      directories, separated like those of PATH
//! models/                                    of the working directory
//! models/                                    of the program's directory
//! ../share/performer-mpc/models              of the program's directory: a prefix such as /usr
//! ../../share/performer_mpc/models           of the program's directory: a ROS 2 install space
//! $XDG_DATA_HOME, then $XDG_DATA_DIRS        performer-mpc/models in each (XDG Base Directory 0.8)
//! the program itself                         navigator alone, with the feature built-in-model
//! ```

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::driver::ModelError;
use crate::input::read_bytes;

/// Maximum size of a model file, bytes.
pub const MODEL_BYTES_MAX: usize = 1 << 30;
/// Environment variable that lists directories of models.
const VARIABLE: &str = "PERFORMER_MPC_MODELS";
/// Extension of a model's file.
const EXTENSION: &str = "safetensors";
/// Directory of models within a data directory of the platform.
const BELOW_DATA: &str = "performer-mpc/models";
/// Name and bytes of the built-in model, which is the default.
#[cfg(feature = "built-in-model")]
const BUILT_IN: Option<(&str, &[u8])> = Some((
    "navigator",
    include_bytes!("../../../models/navigator.safetensors"),
));
#[cfg(not(feature = "built-in-model"))]
const BUILT_IN: Option<(&str, &[u8])> = None;
/// Names of the models of the source tree.
const SHIPPED: [&str; 3] = ["navigator", "doorway", "explicit"];

/// A model's file.
#[derive(Debug)]
pub struct ModelFile {
    /// Path; none for the built-in model.
    pub path: Option<PathBuf>,
    /// Content.
    pub bytes: Cow<'static, [u8]>,
}

impl ModelFile {
    /// Reads the file at a path, or searches a model by name.
    pub fn read(asked: &Path) -> Result<Self, ModelError> {
        ModelSearch::from_environment().read(asked)
    }

    /// Location of a file or model, for messages.
    pub fn place(asked: &Path) -> String {
        match ModelSearch::from_environment().find(asked) {
            Found::File(path) => path.display().to_string(),
            Found::BuiltIn(_) => format!("{} (built in)", asked.display()),
            Found::Nothing => asked.display().to_string(),
        }
    }

    /// True if the file or model exists.
    pub fn exists(asked: &Path) -> bool {
        let search = ModelSearch::from_environment();
        !matches!(search.find(asked), Found::Nothing)
    }
}

/// The search directories of models, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ModelSearch {
    directories: Vec<PathBuf>,
}

/// Location of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    File(PathBuf),
    BuiltIn(&'static [u8]),
    Nothing,
}

impl ModelSearch {
    fn from_environment() -> Self {
        let program = std::env::current_exe().ok();
        Self::new(&|name| std::env::var_os(name), program.as_deref())
    }

    /// The directories for these environment variables and this path of the program.
    fn new(variable: &dyn Fn(&str) -> Option<OsString>, program: Option<&Path>) -> Self {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let listed = |list: OsString| std::env::split_paths(&list).collect::<Vec<_>>();
        let mut directories = filled(VARIABLE).map_or_else(Vec::new, listed);
        directories.retain(|directory| !directory.as_os_str().is_empty());
        directories.push(PathBuf::from("./models"));
        if let Some(beside) = program.and_then(Path::parent) {
            directories.push(beside.join("models"));
            if let Some(prefix) = beside.parent() {
                directories.push(prefix.join("share").join(BELOW_DATA));
                let install = prefix.parent().into_iter();
                directories
                    .extend(install.map(|install| install.join("share/performer_mpc/models")));
            }
        }
        let home = filled("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let own = filled("XDG_DATA_HOME").map(PathBuf::from).or(home);
        let shared = filled("XDG_DATA_DIRS").unwrap_or("/usr/local/share:/usr/share".into());
        // relative ones are ignored, as that specification requires
        let data = own.into_iter().chain(listed(shared));
        let data = data.filter(|directory| directory.is_absolute());
        directories.extend(data.map(|directory| directory.join(BELOW_DATA)));
        let mut known = Vec::new();
        for directory in directories {
            if !known.contains(&directory) {
                known.push(directory);
            }
        }
        Self { directories: known }
    }

    fn find(&self, asked: &Path) -> Found {
        if asked.exists() && !asked.is_dir() {
            return Found::File(asked.to_owned());
        }
        let Some(name) = name_of(asked) else {
            return Found::Nothing;
        };
        let file = format!("{name}.{EXTENSION}");
        let mut files = self.directories.iter().map(|place| place.join(&file));
        match files.find(|file| file.is_file()) {
            Some(file) => Found::File(file),
            None => BUILT_IN
                .filter(|(built_in, _)| *built_in == name)
                .map_or(Found::Nothing, |(_, bytes)| Found::BuiltIn(bytes)),
        }
    }

    fn read(&self, asked: &Path) -> Result<ModelFile, ModelError> {
        let path = match (self.find(asked), name_of(asked)) {
            (Found::BuiltIn(bytes), _) => {
                return Ok(ModelFile {
                    path: None,
                    bytes: Cow::Borrowed(bytes),
                });
            }
            (Found::File(path), _) => path,
            (Found::Nothing, Some(_)) => {
                return Err(ModelError::Unknown {
                    name: asked.display().to_string(),
                    places: self.places(),
                });
            }
            (Found::Nothing, None) => asked.to_owned(),
        };
        let bytes = read_bytes(&path, MODEL_BYTES_MAX);
        let bytes = bytes.map_err(|source| ModelError::Read {
            hint: hint(&path),
            path: path.clone(),
            source,
        })?;
        Ok(ModelFile {
            path: Some(path),
            bytes: Cow::Owned(bytes),
        })
    }

    /// All search locations, for messages.
    fn places(&self) -> String {
        let places = self.directories.iter();
        let places: Vec<String> = places.map(|place| place.display().to_string()).collect();
        places.join(", ")
    }
}

/// The name of a model, if the argument is one: a single word, with or without the extension.
fn name_of(asked: &Path) -> Option<&str> {
    let mut parts = asked.components();
    let (Some(Component::Normal(name)), None) = (parts.next(), parts.next()) else {
        return None;
    };
    let name = name.to_str()?;
    let stem = name.strip_suffix(".safetensors").unwrap_or(name);
    (!stem.is_empty()).then_some(stem)
}

/// Remedy for a missing file of a shipped model.
fn hint(path: &Path) -> String {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    match stem.filter(|stem| SHIPPED.contains(stem)) {
        Some(name) => {
            format!(" (the name alone, {name}, is searched where models are installed)")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
