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
pub mod cdr;
mod compression;
mod container;
mod damage;
pub mod definitions;
mod error;
mod mcap_bag;
mod mcap_lengths;
pub mod messages;
mod metadata;
mod mounting;
mod sqlite_bag;
mod sqlite_tables;
mod write;

pub use bag::{BagReader, RawMessage, Topic};
pub use compression::{decompressed, is_compressed};
pub use damage::Damage;
pub use error::{ContainerError, RecordingError};
pub use mcap_bag::McapBag;
pub use metadata::BagMetadata;
pub use mounting::{mounting, planar};
pub use sqlite_bag::{Extent, SqliteBag};
pub use write::BagWriter;
