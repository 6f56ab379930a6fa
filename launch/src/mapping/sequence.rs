//! Files of a sequence of depth images, and the poses that belong to them.

use std::path::{Path, PathBuf};

use nalgebra::{Quaternion, Translation3, UnitQuaternion};
use perception::{Pose3, Stamp};

use super::MappingError;
use crate::input::read_text;

/// Largest file of poses, bytes.
const POSES_MAX: usize = 256 << 20;
/// Names of files of poses.
const POSES: [&str; 3] = ["pose.txt", "poses.txt", "groundtruth.txt"];
/// Farthest in time from an image to its pose, s.
const APART_MAX_S: f64 = 0.02;

/// True for a directory with images and poses.
pub fn is_depth_sequence(path: &Path) -> bool {
    path.is_dir() && POSES.iter().any(|name| path.join(name).is_file())
}

/// An image's file, and where its camera was.
pub(super) struct Shot {
    pub file: PathBuf,
    pub world_from_camera: Pose3,
    pub stamp: Option<Stamp>,
}

/// Images with their poses, and how many images have none.
pub(super) fn shots(path: &Path) -> Result<(Vec<Shot>, usize), MappingError> {
    let missing = |found: String, expected: &str| MappingError::Missing {
        path: path.to_owned(),
        found,
        expected: expected.to_owned(),
    };
    let name = POSES.iter().find(|name| path.join(name).is_file());
    let Some(name) = name else {
        let expected = "pose.txt, poses.txt or groundtruth.txt";
        return Err(missing("no file of poses".to_owned(), expected));
    };
    let file = path.join(name);
    let text = read_text(&file, POSES_MAX).map_err(|source| MappingError::File {
        path: file.clone(),
        source,
    })?;
    let poses = parse(&file, &text)?;
    let images = images(path)?;
    if images.is_empty() {
        return Err(missing("no .png file".to_owned(), "16-bit depth images"));
    }
    let stamps: Vec<Option<f64>> = images.iter().map(|image| stamp_of(image)).collect();
    let mut shots = Vec::new();
    if poses.iter().all(|(stamp, _)| stamp.is_some()) && stamps.iter().all(Option::is_some) {
        for (file, stamp) in images.iter().zip(stamps) {
            let stamp = stamp.unwrap_or_default();
            let apart = |at: &Option<f64>| (at.unwrap_or(f64::INFINITY) - stamp).abs();
            let nearest = poses
                .iter()
                .min_by(|a, b| apart(&a.0).total_cmp(&apart(&b.0)))
                .filter(|pose| apart(&pose.0) <= APART_MAX_S);
            shots.extend(nearest.map(|(_, pose)| Shot {
                file: file.clone(),
                world_from_camera: *pose,
                stamp: Some(Stamp::from_secs(stamp)),
            }));
        }
    } else if poses.len() == images.len() {
        let both = images.iter().zip(&poses);
        shots.extend(both.map(|(file, (stamp, pose))| Shot {
            file: file.clone(),
            world_from_camera: *pose,
            stamp: stamp.map(Stamp::from_secs),
        }));
    } else {
        let found = format!("{} images and {} poses", images.len(), poses.len());
        return Err(missing(
            found,
            "as many of both, or images named by their stamps",
        ));
    }
    let left_out = images.len() - shots.len();
    if shots.is_empty() {
        let found = format!("no pose within {APART_MAX_S} s of any of {left_out} images");
        return Err(missing(found, "stamps of one clock"));
    }
    Ok((shots, left_out))
}

/// Poses with their stamps, where they are told. Lines that begin with `#` are passed over.
fn parse(file: &Path, text: &str) -> Result<Vec<(Option<f64>, Pose3)>, MappingError> {
    let mut poses = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let refused = || MappingError::Missing {
            path: file.to_owned(),
            found: format!("line {}: {line:?}", number + 1),
            expected: "finite numbers [stamp] x y z qx qy qz qw, the quaternion of length 1"
                .to_owned(),
        };
        let numbers: Vec<f64> = line
            .split_whitespace()
            .map(|word| word.parse().ok().filter(|number: &f64| number.is_finite()))
            .collect::<Option<_>>()
            .ok_or_else(refused)?;
        let (stamp, pose) = match numbers.as_slice() {
            [stamp, pose @ ..] if pose.len() == 7 => (Some(*stamp), pose),
            pose => (None, pose),
        };
        let &[x, y, z, i, j, k, w] = pose else {
            return Err(refused());
        };
        let quaternion = Quaternion::new(w, i, j, k);
        if (quaternion.norm() - 1.0).abs() > 1e-2 {
            return Err(refused());
        }
        let rotation = UnitQuaternion::new_normalize(quaternion);
        let pose = Pose3::from_parts(Translation3::new(x, y, z), rotation);
        poses.push((stamp, pose));
    }
    Ok(poses)
}

/// The images of a directory in the order of the numbers in their names.
fn images(path: &Path) -> Result<Vec<PathBuf>, MappingError> {
    let fault = |source| MappingError::File {
        path: path.to_owned(),
        source,
    };
    let mut images = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        if file.extension().is_some_and(|kind| kind == "png") {
            images.push(file);
        }
    }
    let number = |file: &PathBuf| -> u64 {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let digits = stem.rsplit(|letter: char| !letter.is_ascii_digit()).next();
        digits
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    };
    images.sort_by_key(|file| (number(file), file.clone()));
    if images.iter().all(|image| stamp_of(image).is_some()) {
        images.sort_by(|a, b| {
            stamp_of(a)
                .unwrap_or_default()
                .total_cmp(&stamp_of(b).unwrap_or_default())
        });
    }
    Ok(images)
}

/// The stamp that an image is named by.
fn stamp_of(image: &Path) -> Option<f64> {
    let stem = image.file_stem()?.to_str()?;
    stem.parse().ok().filter(|stamp: &f64| stamp.is_finite())
}
