//! Reads the records of an MCAP file and drops damaged ones.
//!
//! ```text
//! bytes ─▶ records ─┬▶ chunk ─▶ its records ─▶ checksum ─▶ Keep, or Drop
//!                   └▶ any other record ───────────────▶ Keep
//! ```
//!
//! The file of a recorder that was killed has no end section and is usually truncated within a
//! chunk. Records of a truncated chunk are kept as far as they decompress, because data before the
//! cut is intact; records of a chunk with a wrong checksum are dropped. Every length is validated
//! against the available bytes before any allocation; a length that does not fit is damage.

use mcap::McapError;
use mcap::records::{Record, op};
use mcap::sans_io::{LinearReadEvent, LinearReader, LinearReaderOptions};

use super::compression::unpacked_max;
use super::mcap_lengths;
use crate::ContainerError;
use crate::RecordingError;

/// Maximum accepted size of a record except chunks, bytes.
pub(super) const RECORD_MAX: usize = 1 << 27;
/// Maximum length of a record in a file, bytes: no limit, because no allocation exceeds the file
/// size.
const LENGTH_MAX: usize = usize::MAX / 4;
/// Bytes of a record before its content: opcode and length.
const PREFIX: usize = 9;
/// Kinds of records that are parsed.
const TAKEN_APART: [u8; 5] = [
    op::HEADER,
    op::SCHEMA,
    op::CHANNEL,
    op::MESSAGE,
    op::METADATA,
];

/// Event passed to the receiver, in the order of the file.
pub(super) enum Step<'a> {
    /// A record that is not yet verified.
    Record(Record<'a>),
    /// All records since the last `Keep` are intact.
    Keep,
    /// Records since the last `Keep` are damaged.
    Drop,
}

/// Position and cause of a premature end of reading.
pub(super) struct Break {
    pub byte: usize,
    pub source: ContainerError,
}

/// Reason why the reader stops.
pub(super) enum Stop {
    /// The data is damaged.
    Damage(ContainerError),
    /// The data is intact but not usable.
    Refused(RecordingError),
}

impl From<ContainerError> for Stop {
    fn from(source: ContainerError) -> Self {
        Self::Damage(source)
    }
}

impl From<McapError> for Stop {
    fn from(source: McapError) -> Self {
        Self::Damage(source.into())
    }
}

impl From<RecordingError> for Stop {
    fn from(error: RecordingError) -> Self {
        Self::Refused(error)
    }
}

/// Receiver of the records.
pub(super) type Take<'a> = dyn FnMut(Step<'_>) -> Result<(), Stop> + 'a;

/// Reads a file up to its end or the first damage.
pub(super) fn read(bytes: &[u8], take: &mut Take<'_>) -> Result<Option<Break>, RecordingError> {
    let options = LinearReaderOptions::default()
        .with_emit_chunks(true)
        .with_validate_data_section_crc(true)
        .with_validate_summary_section_crc(true)
        .with_record_length_limit(LENGTH_MAX);
    let mut has_loose = false;
    let mut room = unpacked_max(bytes.len()) as u64;
    let read = walk(bytes, options, |at, opcode, data| {
        if opcode == op::CHUNK {
            room = mcap_lengths::room_beside(room, data)?;
            return open(&bytes[at..at + PREFIX + data.len()], take);
        }
        has_loose |= opcode == op::MESSAGE;
        take_apart(opcode, data, take)?;
        take(Step::Keep)
    });
    let (at, source) = match read {
        Ok(()) => return Ok(None),
        Err((_, Stop::Refused(error))) => return Err(error),
        Err((at, Stop::Damage(source))) => (at, source),
    };
    let is_cut = is_end(&source);
    let is_other_data = matches!(source, ContainerError::Mcap(McapError::BadDataCrc { .. }));
    if is_other_data && has_loose {
        // messages outside of chunks have no other checksum: any of them may be damaged
        return Err(RecordingError::Container {
            byte: at,
            length: bytes.len(),
            source,
        });
    }
    if is_cut && bytes.get(at) == Some(&op::CHUNK) {
        salvage(&bytes[at..], room, take)?;
    }
    Ok(Some(Break {
        byte: if is_cut { bytes.len() } else { at },
        source,
    }))
}

/// Reads a complete chunk.
fn open(chunk: &[u8], take: &mut Take<'_>) -> Result<(), Stop> {
    match unpack(chunk, take) {
        Ok(()) => take(Step::Keep),
        Err(stop) => {
            take(Step::Drop)?;
            Err(match stop {
                // the chunk is complete, so the end of the file is not the cause
                Stop::Damage(source) if is_end(&source) => McapError::UnexpectedEoc.into(),
                stop => stop,
            })
        }
    }
}

/// Reads the remainder of a truncated chunk at the end of a file.
fn salvage(chunk: &[u8], room: u64, take: &mut Take<'_>) -> Result<(), RecordingError> {
    let body = chunk.get(PREFIX..).unwrap_or_default();
    if !mcap_lengths::has_room(room, body) {
        return Ok(());
    }
    let is_as_written = match unpack(chunk, take) {
        Ok(()) => true,
        Err(Stop::Damage(source)) => is_end(&source),
        Err(Stop::Refused(error)) => return Err(error),
    };
    let step = if is_as_written {
        Step::Keep
    } else {
        Step::Drop
    };
    match take(step) {
        Err(Stop::Refused(error)) => Err(error),
        _ => Ok(()),
    }
}

/// Reads the records of a chunk.
fn unpack(chunk: &[u8], take: &mut Take<'_>) -> Result<(), Stop> {
    let options = LinearReaderOptions::default()
        .with_skip_start_magic(true)
        .with_skip_end_magic(true)
        .with_validate_chunk_crcs(true)
        .with_record_length_limit(RECORD_MAX);
    let unpacked = walk(chunk, options, |_, opcode, data| {
        take_apart(opcode, data, take)
    });
    unpacked.map_err(|(_, stop)| stop)
}

/// Passes a record on after validation of its lengths.
fn take_apart(opcode: u8, data: &[u8], take: &mut Take<'_>) -> Result<(), Stop> {
    if !mcap_lengths::fits(opcode, data) {
        return Err(ContainerError::Overlong.into());
    }
    if !TAKEN_APART.contains(&opcode) {
        return Ok(());
    }
    if data.len() > RECORD_MAX {
        let len = data.len() as u64;
        return Err(McapError::RecordTooLarge { opcode, len }.into());
    }
    take(Step::Record(mcap::parse_record(opcode, data)?))
}

/// True if the bytes ended too early.
fn is_end(source: &ContainerError) -> bool {
    matches!(source, ContainerError::Mcap(McapError::UnexpectedEof))
}

/// Calls back with position, opcode and content of each record. The position of a record within a
/// decompressed chunk is meaningless.
fn walk(
    bytes: &[u8],
    options: LinearReaderOptions,
    mut take: impl FnMut(usize, u8, &[u8]) -> Result<(), Stop>,
) -> Result<(), (usize, Stop)> {
    let mut at = if options.skip_start_magic {
        0
    } else {
        mcap::MAGIC.len()
    };
    let mut reader = LinearReader::new_with_options(options);
    let mut fed = 0;
    while let Some(event) = reader.next_event() {
        match event.map_err(|source| (at.min(bytes.len()), source.into()))? {
            LinearReadEvent::ReadRequest(wanted) => {
                let given = wanted.min(bytes.len() - fed);
                reader
                    .insert(given)
                    .copy_from_slice(&bytes[fed..fed + given]);
                reader.notify_read(given);
                fed += given;
            }
            LinearReadEvent::Record { data, opcode } => {
                let length = PREFIX + data.len();
                take(at, opcode, data).map_err(|stop| (at, stop))?;
                at += length;
            }
        }
    }
    Ok(())
}
