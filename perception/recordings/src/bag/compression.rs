//! Decompression of files and messages that rosbag2 compressed with zstd, detected by magic bytes.

use std::io::Read as _;

use crate::RecordingError;

/// Magic bytes of a zstd frame (RFC 8878, section 3.1.1).
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// Uncompressed size that is always accepted, bytes.
const UNPACKED_FREE: usize = 64 << 20;
/// Maximum compression ratio above that size. Depth images reach 20 to 1.
const UNPACKED_SHARE: usize = 200;

/// Maximum accepted uncompressed size of a number of compressed bytes.
pub(super) fn unpacked_max(packed: usize) -> usize {
    UNPACKED_FREE.saturating_add(packed.saturating_mul(UNPACKED_SHARE))
}

/// True for zstd-compressed bytes. No CDR message and no database begins with the magic bytes.
pub fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Decompresses bytes; uncompressed bytes are returned unchanged. The result is limited to `limit`,
/// and to 64 MiB plus 200 times the compressed size. `what` names the bytes in errors.
pub fn decompressed(what: &str, bytes: Vec<u8>, limit: usize) -> Result<Vec<u8>, RecordingError> {
    if !is_compressed(&bytes) {
        return Ok(bytes);
    }
    let fault = |source| RecordingError::Compression {
        what: what.to_owned(),
        source,
    };
    let limit = limit.min(unpacked_max(bytes.len()));
    let mut unpacked = Vec::new();
    let decoder = zstd::Decoder::with_buffer(bytes.as_slice()).map_err(fault)?;
    let read = decoder
        .take(limit as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(fault)?;
    if read > limit {
        let text = format!("more than {limit} bytes unpacked");
        return Err(fault(std::io::Error::other(text)));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decompression_inverts_compression(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let packed = zstd::encode_all(bytes.as_slice(), 3).unwrap();
            prop_assert!(is_compressed(&packed));
            prop_assert_eq!(decompressed("x", packed.clone(), 2000).unwrap(), bytes.clone());
            for cut in 4..packed.len() {
                prop_assert!(decompressed("x", packed[..cut].to_vec(), 2000).is_err());
            }
        }

        #[test]
        fn noise_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut noise = MAGIC.to_vec();
            noise.extend(bytes);
            let _ = decompressed("x", noise, 1 << 16);
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let packed = zstd::encode_all(vec![0; 100_000].as_slice(), 3).unwrap();
        let message = decompressed("/x", packed, 50_000).unwrap_err().to_string();
        assert!(message.contains("more than 50000 bytes"), "{message}");
    }
}
