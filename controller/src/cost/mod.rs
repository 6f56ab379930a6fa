//! What a motion costs: the hand-engineered part.

mod discs;
mod objective;
mod reference;
mod settings;

pub use discs::FootprintDiscs;
pub use objective::BaseObjective;
pub use reference::{PaceSettings, Reference};
pub use settings::CostSettings;
