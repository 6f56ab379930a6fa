//! Inputs as other people have them, all made here: what is read rightly, and what is refused by name.
#![allow(clippy::unwrap_used)]

mod clocks_and_frames;
mod counts;
mod depth;
mod drive;
mod files;
mod kinds;
#[path = "../node/messages.rs"]
mod messages;
mod people;
mod replays;
mod robot_map;
mod scans;
