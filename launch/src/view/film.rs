//! A map over time: its layers at intervals, coded as changes.
//!
//! ```text
//! runs of a frame = run-length code of  cells                         for a key frame
//!                                       cells XOR the previous ones   for all others
//! ```
//!
//! Previous cells outside the frame are ignored, and cells that were not in the previous frame
//! count as 0. Every sixteenth frame is a key frame for fast seeking.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use perception::{GridFrame, Point2, Pose2};
use serde::{Deserialize, Serialize};

use super::layers::Layers;
use super::run_length::{RunLengthError, decode, encode};

/// Period of key frames.
const KEY_EVERY: usize = 16;
/// Maximum number of frames: beyond it every second frame is dropped and the period doubles.
const FRAMES_MAX: usize = 512;
/// Maximum cells of the longer side, for the speed of a viewer.
const SIDE_MAX: usize = 1200;

/// Maps over time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Film {
    /// Side of a cell, m.
    pub resolution_m: f64,
    /// Codes used by any cell at any time, a bit each.
    pub codes: u32,
    /// Frames in the order of time.
    pub frames: Vec<Frame>,
}

/// A map at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Time since the start, s.
    pub t: f64,
    /// Pose of the frame of the cells: x, y, yaw.
    pub pose: [f64; 3],
    /// Column and row of the lowest cell in that frame.
    pub corner: [i64; 2],
    /// Columns and rows.
    pub size: [usize; 2],
    /// True if the runs encode the cells themselves.
    pub key: bool,
    /// Base 64 of the runs.
    pub runs: String,
}

/// Reasons why a film cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum FilmError {
    /// The frame does not exist.
    #[error("frame {index}: expected one of {count}, the first of them a key")]
    Frame {
        /// Index requested.
        index: usize,
        /// Number of frames.
        count: usize,
    },
    /// Not base 64.
    #[error("frame {index}: {source}")]
    Text {
        /// The frame.
        index: usize,
        /// Cause.
        source: base64::DecodeError,
    },
    /// The runs do not match the cells.
    #[error("frame {index}: {source}")]
    Runs {
        /// The frame.
        index: usize,
        /// Cause.
        source: RunLengthError,
    },
}

impl Film {
    /// The layers of a frame, and the pose of their frame.
    pub fn layers(&self, index: usize) -> Result<(Pose2, Layers), FilmError> {
        let absent = FilmError::Frame {
            index,
            count: self.frames.len(),
        };
        let Some(frame) = self.frames.get(index) else {
            return Err(absent);
        };
        let Some(key) = self.frames[..=index].iter().rposition(|frame| frame.key) else {
            return Err(absent);
        };
        let mut before = (frame.corner, frame.size, Vec::new());
        for (at, frame) in self.frames.iter().enumerate().take(index + 1).skip(key) {
            let text = BASE64.decode(&frame.runs);
            let runs = text.map_err(|source| FilmError::Text { index: at, source })?;
            let length = frame.size[0].saturating_mul(frame.size[1]);
            let mut cells =
                decode(&runs, length).map_err(|source| FilmError::Runs { index: at, source })?;
            if !frame.key {
                change(&mut cells, frame.corner, frame.size, &before);
            }
            before = (frame.corner, frame.size, cells);
        }
        let [x, y, yaw] = frame.pose;
        let lowest = frame.corner.map(|cells| cells as f64 * self.resolution_m);
        let frame = GridFrame {
            origin: Point2::from(lowest),
            resolution_m: self.resolution_m,
            width: frame.size[0],
            height: frame.size[1],
        };
        let cells = before.2;
        Ok((Pose2::new(x, y, yaw), Layers { frame, cells }))
    }
}

/// XORs cells with those of another window of the same lattice: column and row of its lowest cell,
/// columns and rows, cells.
fn change(
    cells: &mut [u8],
    corner: [i64; 2],
    size: [usize; 2],
    (other_corner, other_size, other): &([i64; 2], [usize; 2], Vec<u8>),
) {
    let right = corner[0] - other_corner[0];
    let up = corner[1] - other_corner[1];
    let (from, to) = (
        (-right).max(0),
        (other_size[0] as i64 - right).min(size[0] as i64),
    );
    for (row, cells) in cells.chunks_exact_mut(size[0].max(1)).enumerate() {
        let row = row as i64 + up;
        if from >= to || row < 0 || row >= other_size[1] as i64 {
            continue;
        }
        let start = (row * other_size[0] as i64 + from + right) as usize;
        let others = &other[start..start + (to - from) as usize];
        for (cell, other) in cells[from as usize..to as usize].iter_mut().zip(others) {
            *cell ^= other;
        }
    }
}

/// A map at one time, uncompressed.
#[derive(Debug, Clone)]
struct Moment {
    t_s: f64,
    pose: Pose2,
    frame: GridFrame,
    runs: Vec<u8>,
}

impl Moment {
    fn layers(&self) -> Result<Layers, RunLengthError> {
        Ok(Layers {
            frame: self.frame,
            cells: decode(&self.runs, self.frame.len())?,
        })
    }
}

/// Recorder of a film.
#[derive(Debug, Clone)]
pub struct Camera {
    period_s: f64,
    moments: Vec<Moment>,
    /// The latest map, if it is not a frame yet.
    latest: Option<Moment>,
}

impl Camera {
    /// A recorder with a period, s.
    pub fn new(period_s: f64) -> Self {
        Self {
            period_s,
            moments: Vec::new(),
            latest: None,
        }
    }

    /// True when a frame is due.
    pub fn is_due(&self, t_s: f64) -> bool {
        let last = self.moments.last();
        last.is_none_or(|last| t_s - last.t_s >= self.period_s - 1e-6)
    }

    /// Adds a map and the pose of its frame. A map that is not due is kept until the next, since it
    /// may be the last. Maps without cells are ignored.
    pub fn see(&mut self, t_s: f64, pose: Pose2, layers: &Layers) {
        if layers.cells.is_empty() {
            return;
        }
        let moment = Moment {
            t_s,
            pose,
            frame: layers.frame,
            runs: encode(&layers.cells),
        };
        if !self.is_due(t_s) {
            self.latest = Some(moment);
            return;
        }
        self.latest = None;
        self.moments.push(moment);
        if self.moments.len() > FRAMES_MAX {
            self.period_s *= 2.0;
            thin(&mut self.moments);
        }
    }

    /// The film, of at most `bytes_max` bytes of base 64 unless a single frame exceeds it.
    pub fn finish(mut self, bytes_max: usize) -> Result<Film, RunLengthError> {
        self.moments.extend(self.latest.take());
        let sides = self
            .moments
            .iter()
            .map(|m| m.frame.width.max(m.frame.height));
        let block = sides.max().unwrap_or(1).div_ceil(SIDE_MAX).max(1);
        loop {
            let film = coded(&self.moments, block)?;
            let bytes: usize = film.frames.iter().map(|frame| frame.runs.len()).sum();
            if bytes <= bytes_max || self.moments.len() <= 1 {
                return Ok(film);
            }
            thin(&mut self.moments);
        }
    }
}

/// Drops every second frame, but not the last.
fn thin(moments: &mut Vec<Moment>) {
    let mut countdown = moments.len();
    moments.retain(|_| {
        countdown -= 1;
        countdown.is_multiple_of(2)
    });
}

fn coded(moments: &[Moment], block: usize) -> Result<Film, RunLengthError> {
    let mut film = Film::default();
    let mut before = ([0; 2], [0; 2], Vec::new());
    for (index, moment) in moments.iter().enumerate() {
        let mut layers = moment.layers()?;
        if block > 1 {
            layers = layers.coarser(block);
        }
        for &code in &layers.cells {
            film.codes |= 1 << (code & 31);
        }
        film.resolution_m = layers.frame.resolution_m;
        let (corner, size) = (layers.corner(), [layers.frame.width, layers.frame.height]);
        let key = index % KEY_EVERY == 0;
        let mut changed = layers.cells.clone();
        if !key {
            change(&mut changed, corner, size, &before);
        }
        film.frames.push(Frame {
            t: (moment.t_s * 1e3).round() / 1e3,
            pose: <[f64; 3]>::from(moment.pose).map(|value| (value * 1e5).round() / 1e5),
            corner,
            size,
            key,
            runs: BASE64.encode(encode(&changed)),
        });
        before = (corner, size, layers.cells);
    }
    Ok(film)
}

#[cfg(test)]
mod tests;
