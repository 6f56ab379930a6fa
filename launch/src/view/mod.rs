//! Pictures for people: of one drive, of many, of a map.

mod attention_png;
mod chart;
mod clip;
mod compare_png;
mod curves_png;
mod drive_html;
mod drive_png;
mod film;
pub mod layers;
mod map_png;
mod map_recorder;
mod paths_png;
mod record;
mod recorder;
pub mod run_length;
mod settings;
mod shapes;
mod top_view;
mod underlay;
mod walks;

pub use attention_png::attention_png;
pub use chart::PictureError;
pub use compare_png::{Place, Way, compare_png};
pub use curves_png::curves_png;
pub use drive_html::{drive_html, record_of_html};
pub use drive_png::drive_png;
pub use film::{Camera, Film, FilmError, Frame};
pub use map_png::{Marks, map_png};
pub use map_recorder::MapRecorder;
pub use paths_png::{Panel, paths_png};
pub use record::{DriveRecord, MoverRecord, TickRecord};
pub use recorder::Recorder;
pub use settings::ViewSettings;
pub use shapes::{FloorShape, Outline, Shapes, Solid};
pub use top_view::top_view;
pub use walks::walks_of;
