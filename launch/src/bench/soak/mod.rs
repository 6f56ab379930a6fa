//! Soak test: many hours of simulated time with one controller, mixed scenarios and faults.

mod counters;
mod endurance;
mod memory;

pub use counters::Counters;
pub use endurance::{Endurance, Hour, SoakError, SoakReport, SoakSettings, reasons_in_words};
pub use memory::{Growth, resident_kib};
