//! From a goal to what the robot does at a tick: follow its path, turn on the spot, or rest.
//!
//! ```text
//! Snapshot + Goal + path ─▶ Navigator ─▶ path ahead, Behavior ─▶ policy ─▶ guard
//!                              ▲  └─▶ NavigationStatus                       │
//!                              └──────── command, finding ◀──────────────────┘
//! ```
//!
//! The policies plan how to drive; this module decides whether there is anything left to drive:
//! progress along a given path ([`path_progress`]), the goal's position and heading ([`arrival`]),
//! turns on the spot ([`spin`]), and giving up ([`progress_checker`]).

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
