use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

/// A search with these variables, for a program in `prefix/bin`.
fn search(variables: &[(&str, &Path)], prefix: &Path) -> ModelSearch {
    let variables: BTreeMap<&str, &Path> = variables.iter().copied().collect();
    let program = prefix.join("bin/performer-mpc");
    ModelSearch::new(
        &|name| variables.get(name).map(|path| path.as_os_str().to_owned()),
        Some(&program),
    )
}

/// Writes a model that contains its own path.
fn put(root: &Path, file: &str) -> PathBuf {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, file).unwrap();
    path
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_directory_precedes_those_that_are_listed_after_it() {
    let (root, none) = (directory(), directory());
    let at = |name: &str| root.path().join(name);
    let shared = std::env::join_paths([at("one"), at("two")]).unwrap();
    let variables = [
        ("PERFORMER_MPC_MODELS", at("asked")),
        ("XDG_DATA_HOME", at("data")),
        ("XDG_DATA_DIRS", PathBuf::from(shared)),
        ("HOME", at("home")),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, path)| (*name, path.as_path()));
    let search = search(&variables, &at("prefix"));
    // from last to first: each one takes precedence over the earlier ones
    for file in [
        "two/performer-mpc/models/mine.safetensors",
        "one/performer-mpc/models/mine.safetensors",
        "data/performer-mpc/models/mine.safetensors",
        "share/performer_mpc/models/mine.safetensors",
        "prefix/share/performer-mpc/models/mine.safetensors",
        "prefix/bin/models/mine.safetensors",
        "asked/mine.safetensors",
    ] {
        let path = put(root.path(), file);
        for name in ["mine", "mine.safetensors"] {
            assert_eq!(search.find(Path::new(name)), Found::File(path.clone()));
        }
    }
    let own = put(none.path(), "mine");
    assert_eq!(search.find(&own), Found::File(own.clone()));
}

#[test]
fn a_home_without_variables_is_searched_and_an_empty_variable_is_none() {
    let root = directory();
    let home = root.path().join("home");
    let path = put(&home, ".local/share/performer-mpc/models/mine.safetensors");
    let empty = Path::new("");
    for variables in [
        vec![("HOME", home.as_path())],
        vec![("HOME", home.as_path()), ("XDG_DATA_HOME", empty)],
        vec![("HOME", home.as_path()), ("PERFORMER_MPC_MODELS", empty)],
    ] {
        let found = search(&variables, root.path()).find(Path::new("mine"));
        assert_eq!(found, Found::File(path.clone()), "{variables:?}");
    }
    let relative = Path::new("data");
    let search = search(&[("XDG_DATA_HOME", relative)], root.path());
    assert!(!search.directories.contains(&relative.join(BELOW_DATA)));
    let usual = Path::new("/usr/share/performer-mpc/models");
    assert_eq!(search.directories.last().map(PathBuf::as_path), Some(usual));
}

#[cfg(feature = "built-in-model")]
#[test]
fn the_default_is_found_where_nothing_is_installed() {
    let root = directory();
    let search = ModelSearch {
        directories: vec![root.path().join("nowhere")],
    };
    let file = search.read(Path::new("navigator")).unwrap();
    assert_eq!(file.path, None);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/navigator.safetensors");
    assert!(file.bytes == std::fs::read(shipped).unwrap());
    // a file of that name takes precedence, a directory does not
    std::fs::create_dir_all(root.path().join("nowhere/navigator.safetensors")).unwrap();
    assert!(matches!(
        search.find(Path::new("navigator")),
        Found::BuiltIn(_)
    ));
}

#[test]
fn what_is_not_found_is_refused_with_every_place_that_was_searched() {
    let root = directory();
    let at = |name: &str| root.path().join(name);
    let search = search(&[("PERFORMER_MPC_MODELS", &at("asked"))], &at("prefix"));
    let error = search.read(Path::new("navigater")).unwrap_err().to_string();
    for directory in &search.directories {
        assert!(error.contains(directory.to_str().unwrap()), "{error}");
    }
    for word in ["\"navigater\"", "navigator", "PERFORMER_MPC_MODELS"] {
        assert!(error.contains(word), "{error}");
    }
    let missing = at("models/doorway.safetensors");
    let error = search.read(&missing).unwrap_err().to_string();
    assert!(error.contains(missing.to_str().unwrap()), "{error}");
    assert!(error.contains("the name alone, doorway"), "{error}");
    let error = search
        .read(&at("mine.safetensors"))
        .unwrap_err()
        .to_string();
    assert!(!error.contains("the name alone"), "{error}");
    let error = search.read(root.path()).unwrap_err().to_string();
    assert!(error.contains("directory"), "{error}");
}
