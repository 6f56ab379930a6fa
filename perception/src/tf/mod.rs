//! Time-stamped transforms between named frames, with the semantics of tf2.
//!
//! ```text
//! TFMessage ─▶ TransformBuffer ─▶ target_from_source at a stamp
//! ```

mod buffer;
mod error;
mod frame;
mod lookup;
mod settings;

pub use buffer::TransformBuffer;
pub use error::TransformError;
pub use settings::TransformSettings;
