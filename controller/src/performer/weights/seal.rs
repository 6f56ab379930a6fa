//! The checksum of a file of weights: SHA-256 (FIPS 180-4) of all its bytes, with the 64 digits of
//! the checksum itself replaced by zeros.
//!
//! ```text
//! header: { "__metadata__": { .., "sha256": 64 hexadecimal digits }, .. }
//! ```
//!
//! It covers shape, card, names and weights, so that any flipped bit is detected. It protects
//! against corruption, not against tampering: a changed file can be sealed again.

use sha2::{Digest as _, Sha256};

use super::WeightsError;

/// Entry of the metadata that holds the checksum.
pub(super) const KEY: &str = "sha256";
/// Placeholder of the checksum during its computation.
pub(super) const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Rejects a file whose bytes do not match the checksum in its metadata, or that has none.
pub(super) fn ensure(bytes: &[u8], said: Option<&str>) -> Result<(), WeightsError> {
    let expected = said.ok_or(WeightsError::Unsealed)?;
    let damaged = |found| WeightsError::Checksum {
        found,
        expected: expected.chars().take(BLANK.len()).collect(),
    };
    let Some(place) = place(bytes, expected) else {
        return Err(damaged("an entry that is no checksum".to_owned()));
    };
    let found = digest(bytes, place);
    if found == expected {
        Ok(())
    } else {
        Err(damaged(found))
    }
}

/// Writes the checksum of a file in place of [`BLANK`] in its header.
pub(super) fn seal(bytes: &mut [u8]) {
    if let Some(place) = place(bytes, BLANK) {
        let digest = digest(bytes, place);
        bytes[place..place + BLANK.len()].copy_from_slice(digest.as_bytes());
    }
}

/// Offset of these digits in the header; the names of tensors, which follow, never match.
fn place(bytes: &[u8], digits: &str) -> Option<usize> {
    if digits.len() != BLANK.len() {
        return None;
    }
    let header = &bytes[8..super::file::header_end(bytes)?];
    let last = header
        .windows(digits.len())
        .rposition(|window| window == digits.as_bytes())?;
    Some(8 + last)
}

fn digest(bytes: &[u8], place: usize) -> String {
    let digest = Sha256::new()
        .chain_update(&bytes[..place])
        .chain_update(BLANK)
        .chain_update(&bytes[place + BLANK.len()..])
        .finalize();
    digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
