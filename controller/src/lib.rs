//! Map to command.
