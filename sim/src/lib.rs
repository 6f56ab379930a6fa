//! Worlds to fail in.
