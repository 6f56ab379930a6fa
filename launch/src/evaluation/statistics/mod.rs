//! Confidence intervals of the results of trials.
//!
//! Rates: Wilson (1927), clustered by situation if situations are repeated. Means and paired
//! differences: `BCa` bootstrap, expanded (Efron and Tibshirani 1993, Hesterberg 2015), or Student
//! (1908) for few values. The confidence level is 95 %.

mod bootstrap;
mod quantile;
mod wilson;

pub use bootstrap::Estimate;
pub use wilson::Rate;
