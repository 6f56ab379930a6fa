//! World files: BARN challenge worlds as JSON lines, and Gazebo worlds (SDF).

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use perception::Point2;
use sim::{BarnWorld, GazeboWorld, gazebo_trial, read_barn_worlds};

use crate::evaluation::model_path::ModelPath;
use runtime::input::{read_text, unread};
use runtime::say;

/// Maximum size of a Gazebo world file, bytes.
const WORLD_MAX: usize = 64 << 20;
/// Number of characters quoted in the error of an unknown file type.
const FOUND_CHARS: usize = 20;

/// A world of a file with its BARN trial.
#[derive(Debug, Clone)]
pub(in crate::cli) struct FileWorld {
    pub trial: BarnWorld,
    /// Names of the models of its obstacles; none for JSON lines.
    models: Option<Vec<String>>,
}

impl FileWorld {
    /// True if the file contains neither start nor goal.
    pub(in crate::cli) fn is_gazebo(&self) -> bool {
        self.models.is_some()
    }

    /// Name of the obstacle nearest to a point; none without obstacles.
    pub(in crate::cli) fn obstacle_at(&self, point: Point2) -> Option<String> {
        let obstacles = self.trial.situation.world.obstacles().iter();
        let distance_m = obstacles.map(|obstacle| obstacle.shape.signed_distance_m(point));
        let (index, _) = distance_m
            .enumerate()
            .min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        Some(match &self.models {
            Some(models) => format!("model {:?}", models[index]),
            None => format!("obs[{index}]"),
        })
    }
}

/// Reads all worlds of a file of JSON lines, the world of a Gazebo file, or those of a directory of
/// Gazebo files, numbered by the last number in their names.
pub(in crate::cli) fn read(path: &Path, models: &[PathBuf]) -> anyhow::Result<Vec<FileWorld>> {
    if path.is_dir() {
        return read_directory(path, models);
    }
    let expected = "a Gazebo world (.world, .sdf) or worlds of BARN (.jsonl)";
    let opened = File::open(path).map_err(|error| anyhow!(unread(&error, expected)))?;
    let mut reader = BufReader::new(opened);
    let begin = reader.fill_buf()?;
    let begin = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin);
    let begin = begin.trim_ascii_start();
    if !is_gazebo(path) {
        match begin.first() {
            Some(b'<') => {}
            Some(b'{') | None => return read_lines(reader),
            Some(_) => {
                let text = String::from_utf8_lossy(begin);
                let found: String = text.chars().take(FOUND_CHARS).collect();
                return Err(anyhow!(
                    "begins with {found:?}: expected a Gazebo world (SDF: .world or .sdf) or worlds of BARN \
                     (.jsonl: a JSON object a line)"
                ));
            }
        }
    }
    let text = read_text(path, WORLD_MAX)?;
    let text = text.trim_start_matches('\u{feff}');
    let models = ModelPath::new(path, models);
    let read = GazeboWorld::read(text, &mut |uri| models.open(uri))?;
    for note in &read.notes {
        say!("note: {}: {note}", path.display());
    }
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(vec![FileWorld {
        trial: BarnWorld {
            situation: gazebo_trial(&id, read.world),
            id: id.into_owned(),
            idx: 0,
        },
        models: Some(read.models),
    }])
}

fn read_lines(reader: impl std::io::BufRead) -> anyhow::Result<Vec<FileWorld>> {
    let worlds = read_barn_worlds(reader)?.into_iter();
    let of = |trial| FileWorld {
        trial,
        models: None,
    };
    Ok(worlds.map(of).collect())
}

fn is_gazebo(path: &Path) -> bool {
    let kind = path.extension();
    kind.is_some_and(|kind| kind == "world" || kind == "sdf")
}

fn read_directory(path: &Path, models: &[PathBuf]) -> anyhow::Result<Vec<FileWorld>> {
    let mut worlds = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let file = entry?.path();
        if !is_gazebo(&file) {
            continue;
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let number = name
            .rsplit(|letter: char| !letter.is_ascii_digit())
            .find(|digits| !digits.is_empty())
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| anyhow!("{}: expected a number in its name", file.display()))?;
        for mut world in read(&file, models).with_context(|| file.display().to_string())? {
            world.trial.idx = number;
            world.trial.situation.seed = number;
            worlds.push(world);
        }
    }
    worlds.sort_by_key(|world| world.trial.idx);
    if worlds.is_empty() {
        return Err(anyhow!("expected .world or .sdf files in it"));
    }
    Ok(worlds)
}
