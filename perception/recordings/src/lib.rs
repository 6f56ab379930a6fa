//! Recordings of robots: MCAP and rosbag2 with ROS 2 messages, in and out.
//!
//! ```text
//! MCAP bytes ─▶ McapBag ─────┐
//! SQLite files ─▶ SqliteBag ─┴▶ BagReader ─▶ RawMessage ─▶ cdr::decode ─▶ messages
//! messages ─▶ BagWriter ─▶ MCAP bytes
//! ```
//!
//! Files are opened by the caller: an [`McapBag`] takes bytes, a [`SqliteBag`] takes bytes or open
//! connections. A file that is cut short or damaged is read up to there ([`Damage`]).

mod bag;
mod carmen;
pub mod cdr;
pub mod definitions;
mod error;
mod map;
pub mod messages;
mod yaml;

pub use bag::{
    BagMetadata, BagReader, BagWriter, Damage, Extent, McapBag, RawMessage, SqliteBag, Topic,
    decompressed, is_compressed,
};
pub use carmen::{CarmenError, CarmenLine, CarmenLog, CarmenReader, CarmenScan, CarmenSettings};
pub use error::{ContainerError, RecordingError};
pub use map::{MapError, MapMeta, MapMode, StaticMap};
pub use yaml::YamlError;
