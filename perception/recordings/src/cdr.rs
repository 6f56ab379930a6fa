//! CDR serialization of messages: an encapsulation header of four bytes, then the body.
//!
//! ```text
//! 00 EE 00 00 | body,   EE = 01 little-endian, 00 big-endian
//! ```
//!
//! Alignment counts from the body's first byte (OMG DDSI-RTPS 2.3, section 10).

use byteorder::{BigEndian, ByteOrder, LittleEndian};
use cdr_encoding::CdrDeserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::RecordingError;

const LITTLE_ENDIAN: [u8; 4] = [0, 1, 0, 0];

/// Serializes a message.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, RecordingError> {
    let mut bytes = LITTLE_ENDIAN.to_vec();
    cdr_encoding::to_writer::<T, LittleEndian, _>(&mut bytes, message)?;
    Ok(bytes)
}

/// Deserializes a message; `topic` and `index` identify it in errors. Bytes after the message are
/// padding.
pub fn decode<T: DeserializeOwned>(
    topic: &str,
    index: usize,
    bytes: &[u8],
) -> Result<T, RecordingError> {
    let fault = |byte: usize, found: String, expected: &'static str| RecordingError::Message {
        topic: topic.to_owned(),
        index,
        byte,
        found,
        expected,
    };
    let Some((header, body)) = bytes.split_first_chunk::<4>() else {
        let found = format!("{} bytes", bytes.len());
        return Err(fault(0, found, "an encapsulation header of 4 bytes"));
    };
    let (outcome, at) = match header {
        [0, 1, ..] => body_of::<T, LittleEndian>(body),
        [0, 0, ..] => body_of::<T, BigEndian>(body),
        _ => {
            let found = format!("encapsulation {:02x} {:02x}", header[0], header[1]);
            return Err(fault(0, found, "00 00 or 00 01, plain CDR"));
        }
    };
    let kind = std::any::type_name::<T>().rsplit("::").next();
    outcome.map_err(|error| {
        let found = format!("{error} in {}", kind.unwrap_or_default());
        fault(4 + at, found, "a message of the declared type")
    })
}

/// Deserializes the body, and returns the number of bytes read.
fn body_of<T: DeserializeOwned, O: ByteOrder>(
    body: &[u8],
) -> (Result<T, cdr_encoding::Error>, usize) {
    let mut deserializer = CdrDeserializer::<O>::new(body);
    let outcome = T::deserialize(&mut deserializer);
    (outcome, deserializer.bytes_consumed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Header, RosTwist, Time, TwistStamped};
    use perception::Twist;

    fn message() -> TwistStamped {
        TwistStamped {
            header: Header {
                stamp: Time { sec: 1, nanosec: 2 },
                frame_id: "base".to_owned(),
            },
            twist: RosTwist::from(Twist::new(0.5, -1.0)),
        }
    }

    /// Expected bytes, written by hand from the specification.
    #[test]
    fn bytes_are_those_of_the_specification() {
        let mut expected = vec![0, 1, 0, 0];
        expected.extend([1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0]);
        expected.extend(*b"base\0");
        expected.extend([0; 7]); // doubles begin at multiples of 8
        for value in [0.5_f64, 0.0, 0.0, 0.0, 0.0, -1.0] {
            expected.extend(value.to_le_bytes());
        }
        assert_eq!(encode(&message()).unwrap(), expected);
        let back: TwistStamped = decode("/cmd_vel", 0, &expected).unwrap();
        assert_eq!(back, message());
    }

    #[test]
    fn big_endian_is_read_too() {
        let mut bytes = vec![0, 0, 0, 0];
        cdr_encoding::to_writer::<_, BigEndian, _>(&mut bytes, &message()).unwrap();
        let back: TwistStamped = decode("/cmd_vel", 0, &bytes).unwrap();
        assert_eq!(back, message());
    }

    #[test]
    fn decoding_errors_name_the_message() {
        let bytes = encode(&message()).unwrap();
        let fault = |bytes: &[u8]| {
            decode::<TwistStamped>("/cmd_vel", 7, bytes)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            fault(&bytes[..40]),
            "/cmd_vel, message 7, byte 36: unexpected end of input in TwistStamped, \
             expected a message of the declared type"
        );
        assert!(fault(&bytes[..3]).contains("3 bytes"));
        assert!(fault(&[9, 9, 0, 0, 0]).contains("encapsulation 09 09"));
        for cut in 0..bytes.len() {
            fault(&bytes[..cut]);
        }
    }
}
