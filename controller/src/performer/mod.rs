//! The Vision Performer: a network from a view of the local map to parameters of the cost, or a
//! path.
//!
//! ```text
//! Observation ─▶ View ─▶ patches ─▶ tokens ─▶ linear attention, several layers
//!                                               └─▶ the robot's own token ─▶ raw parameters
//! ```
//!
//! Source: Xiao, Zhang, Choromanski et al., "Learning Model Predictive Controllers with Real-Time
//! Attention for Real-World Navigation", 2022.

mod attention;
mod config;
mod cost_model;
mod engine;
mod features;
pub mod kernels;
mod norm;
mod occupancy;
mod path_model;
mod route;
mod sight;
mod view;
mod walk;
mod weights;

pub use attention::{ATTENTION_EPSILON, FeatureMap, LinearAttention, RELU_FLOOR, Rows};
pub use config::{AttentionKernel, Head, PerformerConfig, STATE_LEN, ViewSettings};
pub use cost_model::PerformerCost;
pub use engine::Performer;
pub use features::projection;
pub use kernels::{Backend, Isa, IsaError, Kernel};
pub use norm::NORM_EPSILON;
pub use path_model::PerformerPath;
pub use view::{View, ViewBuilder};
pub use weights::{Precision, WEIGHT_MAX, Weights, WeightsError};
