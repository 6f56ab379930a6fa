//! Evaluation of many drives under injected faults.
//!
//! ```text
//! fault × persistence × scenario × policy × robot × seed ─▶ FaultEpisode ─▶ Summary, by row and in all
//! ```

mod episode;
mod journal;
mod matrix;
mod pilot;
mod place;
mod report;
mod run;
mod summary;

pub use episode::{EpisodeKey, FaultEpisode, FaultError, Judge, drive_episode};
pub use journal::{Journal, JournalError};
pub use matrix::{Axes, Episode, Matrix, Row};
pub use pilot::{Pilot, Pilots, WildWeights};
pub use place::{Place, Stage};
pub use report::{FaultReport, FaultRow, FaultTotal};
pub use run::{Outcome, run_matrix};
pub use summary::Summary;
