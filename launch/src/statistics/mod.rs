//! What figures of a number of trials are worth.
//!
//! Rates have the interval of Wilson (1927), means and paired differences that of the percentile
//! bootstrap (Efron 1979). All are of 95 %.

mod bootstrap;
mod wilson;

pub use bootstrap::Estimate;
pub use wilson::Rate;
