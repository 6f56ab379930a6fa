//! Scan matching: estimates the pose of a scan in a map.
//!
//! ```text
//! map ─▶ LikelihoodField ─▶ search (every pose of a window) ─▶ refine (to a fraction of a cell)
//! ```
//!
//! The search is the correlative scan matching of Olson 2009, made exact by the branch and bound of
//! Hess et al. 2016; the refinement is the robust Gauss-Newton iteration of Fitzgibbon 2003.

mod builder;
mod likelihood;
mod map;
mod map_builder;
mod refine;
mod register;
mod search;
mod sweep;

pub use builder::{MatchedMapBuilder, MatchingSettings, Tracked};
pub use likelihood::LikelihoodField;
pub use map::{MapError, MapMeta, MapMode, StaticMap};
pub use map_builder::{MapBuilder, MapBuilderSettings};
pub use refine::{PosePrior, refine};
pub use register::register_maps;
pub use search::{SearchWindow, search};
pub use sweep::sweep_rays;

use perception::Pose2;

/// Estimated pose and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// `map_from_scan`.
    pub pose: Pose2,
    /// Mean likelihood of the points, 0 to 1.
    pub score: f64,
}
