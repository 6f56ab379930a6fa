//! Pictures and pages of drives, evaluations and maps.

mod drive_html;
mod film;
pub mod layers;
mod map_recorder;
mod pictures;
mod record;
mod recorder;
pub mod run_length;
mod settings;
mod shapes;
mod top_view;

pub use drive_html::{drive_html, record_of_html};
pub use film::{Camera, Film, FilmError, Frame};
pub use map_recorder::MapRecorder;
pub(crate) use pictures::stops_png;
pub use pictures::{
    Marks, Panel, PictureError, Place, Way, compare_png, curves_png, drive_png, faults_png,
    map_png, paths_png, speed_png, ticks_png, tracking_png, walks_of,
};
pub use record::{DriveRecord, MoverRecord, TickRecord};
pub use recorder::Recorder;
pub use settings::ViewSettings;
pub use shapes::{FloorShape, Outline, Shapes, Solid};
pub use top_view::top_view;
