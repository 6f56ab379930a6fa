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
