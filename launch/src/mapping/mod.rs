//! Offline mapping from recordings, logs and depth images.

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

/// Mapping settings for all sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MappingSettings {
    /// Occupancy map.
    pub map: MapBuilderSettings,
    /// Scan matching that corrects odometry; none: odometry is used as is.
    pub matching: Option<MatchingSettings>,
    /// Maximum valid range, m; none: that of the source.
    pub range_max_m: Option<f64>,
    /// True: beams without a return mark free space up to the LiDAR's range. Few `LiDARs` can
    /// distinguish open space from black, specular or transparent surfaces.
    pub misses_clear: bool,
    /// Maximum turning rate of a scan that is added to the map, rad/s. Faster scans are used for
    /// localisation only: clocks of LiDAR and odometry differ by about 10 ms.
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

/// A map with its provenance.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// Occupancy map.
    pub map: StaticMap,
    /// Kind of its inputs: scans or images.
    pub kind: &'static str,
    /// Poses of the inputs, map frame.
    pub path: Vec<Point2>,
    /// Time of the first and of the last message.
    pub span: Option<(Stamp, Stamp)>,
    /// Messages without a pose, which are ignored.
    pub left_out: usize,
    /// Quality of the scan matching, if it was enabled.
    pub matching: Option<MatchingFigures>,
    /// Notes for the user.
    pub remarks: Vec<String>,
    /// Rejected messages by reason.
    pub refusals: Refusals,
}

/// Quality of scan matching.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct MatchingFigures {
    /// Mean likelihood of the returns, 0 to 1.
    pub mean_score: f64,
    /// Scans whose pose was searched for because odometry was too far off.
    pub searched: usize,
    /// Final position correction of odometry, m.
    pub corrected_m: f64,
    /// Final heading correction of odometry, rad.
    pub corrected_rad: f64,
}

/// The time range extended by a stamp.
fn widened(span: Option<(Stamp, Stamp)>, stamp: Stamp) -> (Stamp, Stamp) {
    let (first, last) = span.unwrap_or((stamp, stamp));
    (first.min(stamp), last.max(stamp))
}
