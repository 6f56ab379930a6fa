//! What figures of a number of trials are worth.
//!
//! Rates have the interval of Wilson (1927), over situations where those are driven repeatedly;
//! means and paired differences that of the bootstrap, corrected and widened (Efron and Tibshirani
//! 1993, Hesterberg 2015), or of few values Student's (1908). All are of 95 %.

mod bootstrap;
mod quantile;
mod wilson;

pub use bootstrap::Estimate;
pub use wilson::Rate;
