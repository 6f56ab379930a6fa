//! Camera poses from the trajectory files of common data sets.
//!
//! | file | content | data sets |
//! | --- | --- | --- |
//! | `pose.txt`, `poses.txt`, `groundtruth.txt` | lines `[stamp] x y z qx qy qz qw`, or 16 numbers of a matrix | TUM |
//! | `traj.txt` | lines of 16 numbers, a matrix row by row | Replica |
//! | `trajectory.log` | a line of three numbers, then a matrix of four lines | `Open3D` |
//! | `pose/N.txt` | a matrix of four lines, of the image of number N | `ScanNet` |
//!
//! All are `world_from_camera` of the optical frame. Numbers are separated by blanks or commas;
//! lines that begin with `#` are comments. A pose of NaN, infinities or zeros only marks lost
//! tracking.

use std::path::{Path, PathBuf};

use nalgebra::{Matrix3, Quaternion, Rotation3, Translation3, UnitQuaternion};
use perception::Pose3;

use super::MappingError;
use runtime::input::read_text;

/// Maximum size of a pose file, bytes.
const POSES_MAX: usize = 256 << 20;
/// Maximum number of pose files.
const FILES_MAX: usize = 1_000_000;
/// Names of pose files, which identify a sequence.
const FILES: [&str; 5] = [
    "pose.txt",
    "poses.txt",
    "groundtruth.txt",
    "traj.txt",
    "trajectory.log",
];
/// Directory of files with one pose each.
const DIRECTORY: &str = "pose";
/// Tolerance of the orthonormality of a rotation.
const TOLERANCE: f64 = 1e-2;

/// Camera pose of an image.
#[derive(Debug, Clone, Copy)]
pub struct CameraPose {
    /// Time, s; none if the file does not contain it.
    pub stamp: Option<f64>,
    /// Number of its image; none if the file does not contain it.
    pub number: Option<u64>,
    /// Pose.
    pub tracking: Tracking,
}

/// Tracking state and pose.
#[derive(Debug, Clone, Copy)]
pub enum Tracking {
    /// `world_from_camera`.
    At(Pose3),
    /// Tracking was lost.
    Lost,
}

/// The pose file in a directory, or the directory of pose files.
pub(super) fn source(path: &Path) -> Option<PathBuf> {
    let file = FILES
        .iter()
        .map(|name| path.join(name))
        .find(|file| file.is_file());
    file.or_else(|| Some(path.join(DIRECTORY)).filter(|directory| directory.is_dir()))
}

/// Reads the poses of a directory.
pub(super) fn read(path: &Path) -> Result<Vec<CameraPose>, MappingError> {
    let Some(source) = source(path) else {
        return Err(MappingError::Missing {
            path: path.to_owned(),
            found: "no file of poses".to_owned(),
            expected: format!("{} or a directory {DIRECTORY}", FILES.join(", ")),
        });
    };
    if source.is_dir() {
        return directory(&source);
    }
    parse_poses(&source, &text_of(&source)?)
}

/// Parses the text of a pose file: an `Open3D` log by its extension, otherwise one pose per line.
pub fn parse_poses(file: &Path, text: &str) -> Result<Vec<CameraPose>, MappingError> {
    let rows = rows(file, text)?;
    if file.extension().is_some_and(|kind| kind == "log") {
        return log(file, &rows);
    }
    rows.iter().map(|row| line(file, row)).collect()
}

/// Numbers of a line, including NaN and infinities, and the line number from 1.
struct Row {
    line: usize,
    numbers: Vec<f64>,
}

fn text_of(file: &Path) -> Result<String, MappingError> {
    read_text(file, POSES_MAX).map_err(|source| MappingError::File {
        path: file.to_owned(),
        source,
    })
}

fn refused(file: &Path, line: usize, found: &str, expected: &str) -> MappingError {
    MappingError::Missing {
        path: file.to_owned(),
        found: format!("line {line}: {found}"),
        expected: expected.to_owned(),
    }
}

fn rows(file: &Path, text: &str) -> Result<Vec<Row>, MappingError> {
    let mut rows = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words = line.split([' ', '\t', ',']).filter(|word| !word.is_empty());
        let numbers: Option<Vec<f64>> = words.map(|word| word.parse().ok()).collect();
        let numbers = numbers.ok_or_else(|| {
            let found: String = line.chars().take(80).collect();
            refused(file, index + 1, &format!("{found:?}"), "numbers")
        })?;
        rows.push(Row {
            line: index + 1,
            numbers,
        });
    }
    Ok(rows)
}

/// The pose in a line.
fn line(file: &Path, row: &Row) -> Result<CameraPose, MappingError> {
    let (stamp, pose) = match row.numbers.as_slice() {
        [stamp, pose @ ..] if pose.len() == 7 => (Some(*stamp), pose),
        pose => (None, pose),
    };
    let tracking = match *pose {
        [x, y, z, i, j, k, w] => of_quaternion([x, y, z], Quaternion::new(w, i, j, k)),
        _ if pose.len() == 16 => of_matrix(pose),
        _ => None,
    };
    let stamp_fits = stamp.is_none_or(f64::is_finite);
    let Some(tracking) = tracking.filter(|_| stamp_fits) else {
        let expected = "[stamp] x y z qx qy qz qw with a quaternion of length 1, or the 16 numbers of a \
                        matrix with a rotation";
        let found = format!("{:?}", row.numbers);
        return Err(refused(file, row.line, &found, expected));
    };
    Ok(CameraPose {
        stamp,
        number: None,
        tracking,
    })
}

/// Poses of an `Open3D` log: a line of three numbers, then a matrix.
fn log(file: &Path, rows: &[Row]) -> Result<Vec<CameraPose>, MappingError> {
    rows.chunks(5)
        .map(|rows| {
            let matrix: Vec<f64> = rows[1..]
                .iter()
                .flat_map(|row| row.numbers.clone())
                .collect();
            let is_head = rows[0].numbers.len() == 3;
            let Some(tracking) = of_matrix(&matrix).filter(|_| is_head) else {
                let expected = "a line of three numbers and four lines of a matrix with a rotation";
                return Err(refused(file, rows[0].line, "no such lines", expected));
            };
            Ok(CameraPose {
                stamp: None,
                number: None,
                tracking,
            })
        })
        .collect()
}

/// Poses of files with one matrix each, named by image number.
fn directory(directory: &Path) -> Result<Vec<CameraPose>, MappingError> {
    let fault = |source| MappingError::File {
        path: directory.to_owned(),
        source,
    };
    let mut poses = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fault)?.take(FILES_MAX) {
        let file = entry.map_err(fault)?.path();
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let Some(number) = stem.parse().ok().filter(|_| {
            let kind = file.extension();
            kind.is_some_and(|kind| kind == "txt")
        }) else {
            continue;
        };
        let rows = rows(&file, &text_of(&file)?)?;
        let matrix: Vec<f64> = rows.iter().flat_map(|row| row.numbers.clone()).collect();
        let Some(tracking) = of_matrix(&matrix) else {
            let found = format!("{} numbers", matrix.len());
            let expected = "the 16 numbers of a matrix with a rotation";
            return Err(refused(&file, 1, &found, expected));
        };
        poses.push(CameraPose {
            stamp: None,
            number: Some(number),
            tracking,
        });
    }
    poses.sort_by_key(|pose| pose.number);
    Ok(poses)
}

/// A pose or lost tracking from translation and quaternion; none if invalid.
fn of_quaternion(place: [f64; 3], turn: Quaternion<f64>) -> Option<Tracking> {
    let numbers = place.iter().chain(turn.coords.iter());
    if numbers.clone().any(|number| !number.is_finite()) || turn.norm() == 0.0 {
        return Some(Tracking::Lost);
    }
    let [x, y, z] = place;
    let rotation = UnitQuaternion::new_normalize(turn);
    let is_unit = (turn.norm() - 1.0).abs() <= TOLERANCE;
    is_unit.then(|| Tracking::At(Pose3::from_parts(Translation3::new(x, y, z), rotation)))
}

/// A pose or lost tracking from a row-major matrix; none if invalid.
fn of_matrix(numbers: &[f64]) -> Option<Tracking> {
    let &[a, b, c, x, d, e, f, y, g, h, i, z, p, q, r, s] = numbers else {
        return None;
    };
    if numbers.iter().any(|number| !number.is_finite())
        || numbers.iter().all(|number| *number == 0.0)
    {
        return Some(Tracking::Lost);
    }
    let turn = Matrix3::new(a, b, c, d, e, f, g, h, i);
    let error = (turn * turn.transpose() - Matrix3::identity()).amax();
    let is_pose =
        error <= TOLERANCE && turn.determinant() > 0.0 && [p, q, r, s] == [0.0, 0.0, 0.0, 1.0];
    is_pose.then(|| {
        let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix(&turn));
        Tracking::At(Pose3::from_parts(Translation3::new(x, y, z), rotation))
    })
}
