//! Does what the network sees of motion help? Networks that see more or less of it, from the same
//! drives and seeds.

mod arm;
mod figures;
mod table;
mod trial;

pub use arm::{ARMS, Arm, BASELINE};
pub use figures::{Measure, Row, rows};
pub use table::{Provenance, table, with_table};
pub use trial::{Driven, Material, Outcomes, Tested, drive, learn, made, read_material};
