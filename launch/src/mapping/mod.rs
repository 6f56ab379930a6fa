//! Maps of buildings from what robots recorded.

mod bag;
mod carmen;
mod depth;
mod error;
mod poses;
mod replay;
mod sequence;
mod step;
mod trajectory;

pub use bag::{BagSettings, map_bag};
pub use carmen::map_carmen;
pub use depth::{DepthSettings, map_depth};
pub use error::MappingError;
pub use replay::{Replayed, replay};
pub use sequence::is_depth_sequence;
pub use step::{MapSoFar, Step};
pub use trajectory::{CameraPose, Tracking, parse_poses};

use mapping::MapBuilderSettings;
use mapping::MatchingSettings;
use mapping::StaticMap;
use perception::{Point2, Stamp};
use runtime::Refusals;

/// How maps are made, whatever the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MappingSettings {
    /// The map.
    pub map: MapBuilderSettings,
    /// How poses of odometry are corrected; none: they are believed.
    pub matching: Option<MatchingSettings>,
    /// Longer readings are not believed, m; none: as the source says.
    pub range_max_m: Option<f64>,
    /// True when beams that came back from nowhere clear their way to the scanner's range. Few
    /// scanners can tell an open field from black, shining or clear surfaces.
    pub misses_clear: bool,
    /// Scans taken while turning faster tell where the robot is, but nothing to the map: clocks of
    /// a scanner and of odometry differ by hundredths of a second, rad/s.
    pub turn_max_rad_s: f64,
}

impl Default for MappingSettings {
    fn default() -> Self {
        Self {
            map: MapBuilderSettings::default(),
            matching: Some(MatchingSettings::default()),
            range_max_m: None,
            misses_clear: false,
            turn_max_rad_s: 0.2,
        }
    }
}

/// A map, and how it came about.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The map.
    pub map: StaticMap,
    /// What it was made of: scans or images.
    pub kind: &'static str,
    /// Where messages were taken, in the map.
    pub path: Vec<Point2>,
    /// Time of the first and of the last message.
    pub span: Option<(Stamp, Stamp)>,
    /// Messages that could not be placed, and were left out.
    pub left_out: usize,
    /// How well scans fitted, when they were matched.
    pub matching: Option<MatchingFigures>,
    /// What a person should know.
    pub remarks: Vec<String>,
    /// Messages that could not be used, by reason.
    pub refusals: Refusals,
}

/// How well scans fitted the map.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct MatchingFigures {
    /// Mean likelihood of returns, 0 to 1.
    pub mean_score: f64,
    /// Scans whose odometry was so far off that the pose had to be searched.
    pub searched: usize,
    /// How far the last pose was moved against odometry, m.
    pub corrected_m: f64,
    /// How far the last pose was turned against odometry, rad.
    pub corrected_rad: f64,
}

/// The span widened by a stamp.
fn widened(span: Option<(Stamp, Stamp)>, stamp: Stamp) -> (Stamp, Stamp) {
    let (first, last) = span.unwrap_or((stamp, stamp));
    (first.min(stamp), last.max(stamp))
}
