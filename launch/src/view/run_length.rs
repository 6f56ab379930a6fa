//! Run-length coding of map layers, which are mostly long runs of one byte.
//!
//! ```text
//! run = byte, then length − 1 in base 128: lowest digit first, top bit set on all but the last
//! ```

/// Reasons why runs are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunLengthError {
    /// The last run has no length.
    #[error("the last run is cut off: {at} bytes, expected the end of its length")]
    CutOff {
        /// Position of the end of the bytes.
        at: usize,
    },
    /// The number of bytes differs from the number of cells.
    #[error("runs of {found} bytes or more: expected {expected}")]
    Length {
        /// Bytes in the runs, up to the first run that is too long.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
}

/// Encodes bytes as runs.
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut runs = Vec::new();
    for run in bytes.chunk_by(|a, b| a == b) {
        runs.extend(run.first());
        let mut rest = run.len() - 1;
        while rest > 127 {
            runs.push(128 | (rest & 127) as u8);
            rest >>= 7;
        }
        runs.push(rest as u8);
    }
    runs
}

/// Decodes runs, which must have `length` bytes.
pub fn decode(runs: &[u8], length: usize) -> Result<Vec<u8>, RunLengthError> {
    let mut bytes = Vec::with_capacity(length);
    let mut rest = runs.iter();
    while let Some(&byte) = rest.next() {
        let (mut more, mut shift) = (0_usize, 0);
        loop {
            let Some(&digit) = rest.next() else {
                return Err(RunLengthError::CutOff { at: runs.len() });
            };
            // five digits exceed the cells of any grid
            if shift < 35 {
                more |= usize::from(digit & 127) << shift;
            }
            shift += 7;
            if digit < 128 {
                break;
            }
        }
        let found = bytes.len().saturating_add(more).saturating_add(1);
        if found > length || shift > 35 {
            return Err(RunLengthError::Length {
                found,
                expected: length,
            });
        }
        bytes.resize(found, byte);
    }
    if bytes.len() == length {
        return Ok(bytes);
    }
    Err(RunLengthError::Length {
        found: bytes.len(),
        expected: length,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_the_same_bytes(
            runs in prop::collection::vec((any::<u8>(), 1_usize..40_000), 0..20)
        ) {
            let bytes: Vec<u8> = runs
                .iter()
                .flat_map(|&(byte, length)| std::iter::repeat_n(byte, length))
                .collect();
            prop_assert_eq!(decode(&encode(&bytes), bytes.len()), Ok(bytes));
        }

        #[test]
        fn bytes_without_runs_come_back_too(bytes: Vec<u8>) {
            let runs = encode(&bytes);
            prop_assert!(runs.len() <= 2 * bytes.len());
            prop_assert_eq!(decode(&runs, bytes.len()), Ok(bytes));
        }

        #[test]
        fn any_bytes_are_runs_or_refused(runs: Vec<u8>, length in 0_usize..1000) {
            if let Ok(bytes) = decode(&runs, length) {
                prop_assert_eq!(bytes.len(), length);
            }
        }
    }

    #[test]
    fn what_is_no_grid_is_refused() {
        assert_eq!(decode(&[7], 1), Err(RunLengthError::CutOff { at: 1 }));
        assert_eq!(decode(&[7, 130], 3), Err(RunLengthError::CutOff { at: 2 }));
        let wrong = |found| Err(RunLengthError::Length { found, expected: 3 });
        assert_eq!(decode(&[7, 1], 3), wrong(2));
        assert_eq!(decode(&[7, 3], 3), wrong(4));
        assert_eq!(decode(&[7, 2], 3), Ok(vec![7; 3]));
    }
}
