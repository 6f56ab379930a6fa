//! Bounded parsing of YAML from untrusted files.
//!
//! The parser keeps a state for every level of nesting and searches all of them, so that a text of
//! a hundred thousand brackets takes minutes. Maps and recordings nest a few levels: deeper text is
//! rejected before it is parsed.

use serde::de::DeserializeOwned;

/// Maximum nesting of brackets, of lists in one line, and of indentation.
const DEPTH_MAX: usize = 32;
/// Maximum indentation, spaces: eight per level.
const INDENTATION_MAX: usize = 8 * DEPTH_MAX;

/// Reason why a text was rejected.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The text exceeds the maximum length.
    #[error("{bytes} bytes: expected at most {bytes_max}")]
    Size {
        /// Length of the text, bytes.
        bytes: usize,
        /// Maximum length, bytes.
        bytes_max: usize,
    },
    /// The text exceeds the maximum nesting.
    #[error("line {line} is nested deeper than {DEPTH_MAX} levels: expected a flat file")]
    Depth {
        /// Line number, from 1.
        line: usize,
    },
    /// The text is not YAML, or does not have the expected fields.
    #[error(transparent)]
    Parse(#[from] serde_yaml_ng::Error),
}

/// Parses a text of at most `bytes_max` bytes and limited nesting.
pub fn read<T: DeserializeOwned>(text: &str, bytes_max: usize) -> Result<T, YamlError> {
    if text.len() > bytes_max {
        let bytes = text.len();
        return Err(YamlError::Size { bytes, bytes_max });
    }
    if let Some(line) = deep_line(text) {
        return Err(YamlError::Depth { line });
    }
    // editors of some systems begin every file with a byte order mark
    let text = text.trim_start_matches('\u{feff}');
    Ok(serde_yaml_ng::from_str(text)?)
}

/// First line that exceeds the maximum nesting, from 1. Brackets within strings count too.
fn deep_line(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (index, line) in text.lines().enumerate() {
        let begin = line.trim_start_matches([' ', '\t', '-', '?', ':']);
        let marks = line.len() - begin.len();
        let listed = line[..marks].matches(['-', '?', ':']).count();
        for letter in begin.chars() {
            match letter {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEPTH_MAX {
                return Some(index + 1);
            }
        }
        if marks > INDENTATION_MAX || listed > DEPTH_MAX {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_yaml_ng::Value;

    #[test]
    fn flat_files_are_read() {
        let text = "a: [1, 2, [3]]\nb:\n  - {c: 4}\n  - d\n";
        let value: Value = read(text, 1000).unwrap();
        assert_eq!(value["b"][0]["c"], Value::from(4));
        let marked: Value = read(&format!("\u{feff}{text}"), 1000).unwrap();
        assert_eq!(marked, value);
    }

    #[test]
    fn deep_and_long_files_are_refused_before_they_are_parsed() {
        let message = |text: &str| read::<Value>(text, 1 << 20).unwrap_err().to_string();
        for bomb in [
            format!("a: {}", "[".repeat(200_000)),
            format!("a:\n{}", "- ".repeat(100_000)),
            format!("a: 1\n{}b", " ".repeat(100_000)),
            format!("{}a", "? ".repeat(100_000)),
            "{a: ".repeat(100_000),
        ] {
            assert!(
                message(&bomb).contains("nested deeper than 32"),
                "{}",
                &bomb[..20]
            );
        }
        let long = format!("a: {}", "b".repeat(1 << 20));
        assert!(message(&long).contains("expected at most 1048576"));
    }
}
