//! Pictures for people: of one drive, of many, of a map.

mod ablation_png;
mod attention_png;
mod chart;
mod clip;
mod compare_png;
mod curves_png;
mod drive_html;
mod drive_png;
mod map_png;
mod paths_png;
mod record;
mod top_view;

pub use ablation_png::ablation_png;
pub use attention_png::attention_png;
pub use chart::PictureError;
pub use compare_png::{Place, Way, compare_png};
pub use curves_png::curves_png;
pub use drive_html::drive_html;
pub use drive_png::drive_png;
pub use map_png::{Marks, map_png};
pub use paths_png::{Panel, paths_png};
pub use record::{DriveRecord, GridImage, Recorder, Shapes, TickRecord};
pub use top_view::top_view;
