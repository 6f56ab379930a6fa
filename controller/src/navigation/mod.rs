//! Navigation: from a goal to the behavior at a tick (follow the path, turn on the spot, or rest).
//!
//! ```text
//! Snapshot + Goal + path ─▶ Navigator ─▶ path ahead, Behavior ─▶ policy ─▶ guard
//!                              ▲  └─▶ NavigationStatus                       │
//!                              └──────── command, finding ◀──────────────────┘
//! ```
//!
//! The policies plan the motion; this module decides whether and towards which point to move:
//! progress along a given path ([`path_progress`]), goal position and heading ([`arrival`]), turns
//! on the spot ([`spin`]), and stuck detection ([`progress_checker`]).

mod arrival;
mod behavior;
mod followed_path;
mod make_room;
mod navigator;
mod path_progress;
mod progress_checker;
mod settings;
mod spin;
mod status;

pub(crate) use behavior::Behaving;
pub use behavior::Behavior;
pub(crate) use navigator::Navigator;
pub use settings::NavigationSettings;
pub use status::NavigationStatus;
