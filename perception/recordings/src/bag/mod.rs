//! Bags of messages: reading of MCAP and rosbag2's database, writing of MCAP.

mod compression;
mod container;
mod damage;
mod mcap_bag;
mod mcap_lengths;
mod metadata;
mod reader;
#[cfg(feature = "sqlite")]
mod sqlite_bag;
#[cfg(feature = "sqlite")]
mod sqlite_tables;
mod write;

pub use compression::{decompressed, is_compressed};
pub use damage::Damage;
pub use mcap_bag::McapBag;
pub use metadata::BagMetadata;
pub use reader::{BagReader, RawMessage, Topic};
#[cfg(feature = "sqlite")]
pub use sqlite_bag::{Extent, SqliteBag};
pub use write::BagWriter;
