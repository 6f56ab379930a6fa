//! Report of damage in a recording.

use perception::Stamp;

/// Truncated or damaged file of a recording. Messages before the damage are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Index of the file in the recording, from 0, in the order of recording.
    pub file: usize,
    /// Position up to which the file could be read, bytes; `None` if the storage does not report
    /// it.
    pub byte: Option<u64>,
    /// Size of the file, or its expected size by its own header, bytes; `None` if unknown.
    pub length: Option<u64>,
    /// Number of messages read from this file, on all topics.
    pub messages: usize,
    /// Arrival time of the latest of them.
    pub last: Option<Stamp>,
    /// Cause of the damage.
    pub cause: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.byte, self.length) {
            (Some(byte), Some(length)) => write!(f, "damaged at byte {byte} of {length}: ")?,
            (Some(byte), None) => write!(f, "damaged at byte {byte}: ")?,
            (None, _) => write!(f, "damaged: ")?,
        }
        write!(f, "{}; ", self.cause)?;
        match self.last {
            Some(last) => write!(
                f,
                "{} messages up to {:.3} s were read",
                self.messages,
                last.as_secs()
            ),
            None => write!(f, "no message could be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_contains_position_cause_and_data_read() {
        let mut damage = Damage {
            file: 0,
            byte: Some(70),
            length: Some(90),
            messages: 3,
            last: Some(Stamp::from_secs(2.5)),
            cause: "the file ends in the middle of a record".to_owned(),
        };
        assert_eq!(
            damage.to_string(),
            "damaged at byte 70 of 90: the file ends in the middle of a record; \
             3 messages up to 2.500 s were read"
        );
        (damage.byte, damage.messages, damage.last) = (None, 0, None);
        assert!(damage.to_string().ends_with("no message could be read"));
    }
}
