//! What helps? Networks that see or learn otherwise, from the same drives and seeds.

mod arm;
mod figures;
mod study;
mod table;
mod trial;

pub use arm::{Arm, Question};
pub use figures::{Measure, Row, rows};
pub use study::{Material, Study};
pub use table::{Provenance, table, with_table};
pub use trial::{Driven, Outcomes, Tested, made};
