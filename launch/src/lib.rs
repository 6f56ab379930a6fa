//! Files, figures, command line.
