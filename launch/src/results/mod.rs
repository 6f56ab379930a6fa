//! Report on all policies in all scenarios with common seeds.
//!
//! ```text
//! PLAN ─▶ Cell (drives, kept as JSON) ─▶ Figures (rates, means, paired differences) ─▶ Markdown, HTML
//! ```

mod cell;
mod figures;
mod page;
mod plan;
mod published;
mod section;
mod summary;
mod table;
mod ticks;
mod wire;

pub use cell::{Cell, CellError, Drive, Maker};
pub use figures::{Difference, Figures, Row};
pub use page::page;
pub use plan::{Arena, Entrant, PLAN, POLICIES, Planned};
pub use section::{Failures, Section};
pub use table::{Head, markdown};
pub use ticks::Ticks;
pub use wire::{Wire, WireError};
