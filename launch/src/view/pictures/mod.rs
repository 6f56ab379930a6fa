//! Pictures as PNG, and shared drawing functions.

mod chart;
mod clip;
mod compare_png;
mod curves_png;
mod drive_png;
mod faults_png;
mod map_png;
mod paths_png;
mod speed_png;
mod stops_png;
mod ticks_png;
mod tracking_png;
mod underlay;
mod walks;

pub use chart::PictureError;
pub use compare_png::{Place, Way, compare_png};
pub use curves_png::curves_png;
pub use drive_png::drive_png;
pub use faults_png::faults_png;
pub use map_png::{Marks, map_png};
pub use paths_png::{Panel, paths_png};
pub use speed_png::speed_png;
pub(crate) use stops_png::stops_png;
pub use ticks_png::ticks_png;
pub use tracking_png::tracking_png;
pub use walks::walks_of;
