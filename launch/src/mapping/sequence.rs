//! Association of the images of a sequence with camera poses.
//!
//! Images lie beside the poses, in `depth` (TUM, `ScanNet`) or in `results` (Replica). Images named
//! by stamps get the pose nearest in time, each pose once, as in TUM's `associate.py`. Other images
//! get poses in the order of their numbers, or, if the counts differ, the pose with their number.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use perception::{Pose3, Stamp};

use super::MappingError;
use super::trajectory::{self, CameraPose, Tracking};

/// Image directories beside the poses.
const DIRECTORIES: [&str; 3] = [".", "depth", "results"];
/// Maximum time difference between an image and its pose, s.
const APART_MAX_S: f64 = 0.02;

/// True for a directory that contains images and poses.
pub fn is_depth_sequence(path: &Path) -> bool {
    path.is_dir() && trajectory::source(path).is_some()
}

/// An image file with its camera pose.
pub(super) struct Shot {
    pub file: PathBuf,
    pub world_from_camera: Pose3,
    pub stamp: Option<Stamp>,
}

/// Images with their poses.
pub(super) struct Sequence {
    pub shots: Vec<Shot>,
    /// Images without a pose.
    pub left_out: usize,
    /// Notes for the user.
    pub notes: Vec<String>,
}

impl Sequence {
    /// Reads the poses of a directory and finds its images.
    pub fn read(path: &Path) -> Result<Self, MappingError> {
        let missing = |found: String, expected: &str| MappingError::Missing {
            path: path.to_owned(),
            found,
            expected: expected.to_owned(),
        };
        let poses = trajectory::read(path)?;
        let images = images(path)?;
        if images.is_empty() {
            let expected = "16-bit depth images beside the poses, in depth/ or in results/";
            return Err(missing("no .png file".to_owned(), expected));
        }
        let mut notes = Vec::new();
        let is_numbered = poses.iter().all(|pose| pose.number.is_some());
        let rows = match associated(&images, &poses) {
            Some(rows) => rows,
            None if poses.len() == images.len() && !is_numbered => {
                (0..images.len()).map(Some).collect()
            }
            None => {
                let found = format!("{} images and {} poses", images.len(), poses.len());
                let Some(rows) = numbered(&images, &poses) else {
                    let expected = "as many of both, or images named by their stamps or by the row of their pose";
                    return Err(missing(found, expected));
                };
                if poses.len() != images.len() {
                    notes.push(format!("{found}: every image took the pose of its number"));
                }
                rows
            }
        };
        let mut shots = Vec::new();
        let mut lost = 0_usize;
        for (image, row) in images.iter().zip(rows) {
            let Some(pose) = row.map(|row| &poses[row]) else {
                continue;
            };
            let Tracking::At(world_from_camera) = pose.tracking else {
                lost += 1;
                continue;
            };
            let stamp = pose.stamp.and(image.stamp).or(pose.stamp);
            shots.push(Shot {
                file: image.file.clone(),
                world_from_camera,
                stamp: stamp.map(Stamp::from_secs),
            });
        }
        let left_out = images.len() - shots.len();
        if lost > 0 {
            notes.push(format!(
                "{lost} images were left out: their camera was lost"
            ));
        }
        if left_out > lost {
            let count = left_out - lost;
            notes.push(format!(
                "{count} images were left out: no pose belongs to them"
            ));
        }
        if shots.is_empty() {
            let found = if lost > 0 {
                format!("the camera was lost at all of {lost} images")
            } else {
                format!("no pose within {APART_MAX_S} s of any of {left_out} images")
            };
            return Err(missing(found, "finite poses, and stamps of one clock"));
        }
        Ok(Self {
            shots,
            left_out,
            notes,
        })
    }
}

/// An image file with the stamp and numbers in its name.
struct Image {
    file: PathBuf,
    stamp: Option<f64>,
    number: Option<u64>,
}

/// For every image the pose nearest in time; none unless both have stamps.
fn associated(images: &[Image], poses: &[CameraPose]) -> Option<Vec<Option<usize>>> {
    let stamps: Vec<f64> = poses.iter().map(|pose| pose.stamp).collect::<Option<_>>()?;
    let mut order: Vec<usize> = (0..stamps.len()).collect();
    order.sort_by(|a, b| stamps[*a].total_cmp(&stamps[*b]));
    let mut pairs = Vec::new();
    for (image, named) in images.iter().enumerate() {
        let stamp = named.stamp?;
        let from = order.partition_point(|row| stamps[*row] < stamp - APART_MAX_S);
        let near = order[from..]
            .iter()
            .take_while(|row| stamps[**row] <= stamp + APART_MAX_S);
        pairs.extend(near.map(|row| ((stamps[*row] - stamp).abs(), image, *row)));
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut rows = vec![None; images.len()];
    let mut taken = vec![false; poses.len()];
    for (_, image, row) in pairs {
        if rows[image].is_none() && !taken[row] {
            (rows[image], taken[row]) = (Some(row), true);
        }
    }
    Some(rows)
}

/// For every image the pose with its number, counted from 0, or from 1 if only that fits.
fn numbered(images: &[Image], poses: &[CameraPose]) -> Option<Vec<Option<usize>>> {
    let numbers: Vec<u64> = images
        .iter()
        .map(|image| image.number)
        .collect::<Option<_>>()?;
    if poses.iter().all(|pose| pose.number.is_some()) {
        let row = |number: &u64| {
            poses
                .binary_search_by_key(&Some(*number), |pose| pose.number)
                .ok()
        };
        return Some(numbers.iter().map(row).collect());
    }
    let (least, most) = (*numbers.iter().min()?, *numbers.iter().max()?);
    let first = u64::from(least > 0 && most >= poses.len() as u64);
    let fits = most - first < poses.len() as u64;
    fits.then(|| {
        numbers
            .iter()
            .map(|number| Some((number - first) as usize))
            .collect()
    })
}

/// The images of a directory, ordered by the numbers in their names.
fn images(path: &Path) -> Result<Vec<Image>, MappingError> {
    let mut files = Vec::new();
    for directory in DIRECTORIES.map(|name| path.join(name)) {
        if files.is_empty() && directory.is_dir() {
            files = pictures(&directory)?;
        }
    }
    let runs: Vec<Vec<u64>> = files.iter().map(|file| digits(file)).collect();
    let numbers = telling(&runs);
    let mut images: Vec<Image> = files
        .into_iter()
        .enumerate()
        .map(|(index, file)| Image {
            stamp: stamp_of(&file),
            number: numbers.as_ref().map(|numbers| numbers[index]),
            file,
        })
        .collect();
    if images.iter().all(|image| image.stamp.is_some()) {
        let stamp = |image: &Image| image.stamp.unwrap_or_default();
        images.sort_by(|a, b| stamp(a).total_cmp(&stamp(b)));
    } else {
        images.sort_by(|a, b| (a.number, &a.file).cmp(&(b.number, &b.file)));
    }
    Ok(images)
}

/// PNG files of a directory by name; only those with "depth" in their names, if there are any.
fn pictures(directory: &Path) -> Result<Vec<PathBuf>, MappingError> {
    let fault = |source| MappingError::File {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        if file
            .extension()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("png"))
        {
            files.push(file);
        }
    }
    files.sort();
    let is_depth = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.contains("depth")
    };
    if files.iter().any(is_depth) {
        files.retain(is_depth);
    }
    Ok(files)
}

/// Numbers in a file name, last first.
fn digits(file: &Path) -> Vec<u64> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let runs = stem.rsplit(|letter: char| !letter.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}

/// For each name the number that is unique among all names: the last such position.
fn telling(runs: &[Vec<u64>]) -> Option<Vec<u64>> {
    let least = runs.iter().map(Vec::len).min()?;
    (0..least).find_map(|place| {
        let numbers: Vec<u64> = runs.iter().map(|run| run[place]).collect();
        let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
        (distinct.len() == numbers.len()).then_some(numbers)
    })
}

/// The stamp in an image's file name.
fn stamp_of(image: &Path) -> Option<f64> {
    let stem = image.file_stem()?.to_str()?;
    stem.parse().ok().filter(|stamp: &f64| stamp.is_finite())
}
