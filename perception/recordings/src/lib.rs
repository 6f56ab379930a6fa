//! Reader and writer for recordings in MCAP and rosbag2 format with ROS 2 messages.
//!
//! ```text
//! MCAP bytes ─▶ McapBag ─────┐
//! SQLite files ─▶ SqliteBag ─┴▶ BagReader ─▶ RawMessage ─▶ cdr::decode ─▶ messages
//! messages ─▶ BagWriter ─▶ MCAP bytes
//! ```
//!
//! The caller opens the files: an [`McapBag`] takes bytes, a [`SqliteBag`] takes bytes or open
//! connections. A file that is truncated or damaged is read up to the damage ([`Damage`]).

mod bag;
mod carmen;
pub mod cdr;
pub mod definitions;
mod error;
pub mod messages;
pub mod yaml;

pub use bag::{
    BagMetadata, BagReader, BagWriter, Damage, McapBag, RawMessage, Topic, decompressed,
    is_compressed,
};
#[cfg(feature = "sqlite")]
pub use bag::{Extent, SqliteBag};
pub use carmen::{CarmenError, CarmenLine, CarmenLog, CarmenReader, CarmenScan, CarmenSettings};
pub use error::{ContainerError, RecordingError};
