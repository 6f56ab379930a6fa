//! Learning rate.
