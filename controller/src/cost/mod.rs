//! Cost terms of the optimal control problem: hand-engineered and learned.

mod discs;
mod learned;
mod model;
mod movers;
mod objective;
mod parameters;
mod reference;
mod settings;

pub use discs::FootprintDiscs;
pub use learned::{LearnedTerm, WithLearned};
pub use model::{CostModel, HandEngineered, LearnedCost};
pub use movers::{MoverSettings, MoverTerm};
pub use objective::BaseObjective;
pub use parameters::{CostHeadSettings, CostParameters, FACTOR_LEN, FEATURES, KNOT_LEN};
pub(crate) use parameters::{bounded, bounded_slope};
pub(crate) use reference::nearest_on_path;
pub use reference::{PaceSettings, Reference};
pub use settings::CostSettings;
