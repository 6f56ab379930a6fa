//! Validation of the lengths in an MCAP file against its size, before any allocation.
//!
//! ```text
//! record: opcode u8 · length u64 · body,   chunk: header · compressed size u64 · records
//! ```
//!
//! Otherwise a flipped bit in a length would cause an allocation of gigabytes, and a chunk of a few
//! bytes could declare an uncompressed size of as many.

use mcap::McapError;
use mcap::records::op;

/// Bytes that the other chunks of a file may still decompress to, beside a complete chunk. Rejects
/// a chunk that is incomplete or declares more than `room`.
pub(super) fn room_beside(room: u64, chunk: &[u8]) -> Result<u64, McapError> {
    let chunk = Chunk::of(chunk).ok_or(McapError::UnexpectedEoc)?;
    let (header, available) = (chunk.packed, chunk.data.len() as u64);
    if header > available {
        return Err(McapError::BadChunkLength { header, available });
    }
    chunk.ensure_records()?;
    room.checked_sub(chunk.size)
        .ok_or(McapError::ChunkTooLarge(chunk.size))
}

/// True if a chunk, which may be truncated, matches its declared sizes as far as it is present and
/// decompresses to no more than `room`.
pub(super) fn has_room(room: u64, chunk: &[u8]) -> bool {
    Chunk::of(chunk).is_some_and(|chunk| {
        let is_cut = chunk.packed > chunk.data.len() as u64;
        chunk.size <= room && (is_cut || chunk.ensure_records().is_ok())
    })
}

/// True if the strings, arrays and maps of a record have their declared lengths. Records of the
/// summary section are not parsed and always pass.
pub(super) fn fits(opcode: u8, body: &[u8]) -> bool {
    let mut fields = Fields(body);
    let walked = match opcode {
        op::HEADER => fields.header(),
        op::SCHEMA => fields.schema(),
        op::CHANNEL => fields.channel(),
        op::METADATA => fields.metadata(),
        op::MESSAGE_INDEX => fields.message_index(),
        op::ATTACHMENT => fields.attachment(),
        _ => Some(()),
    };
    walked.is_some()
}

/// Chunk, parsed from its header.
struct Chunk<'a> {
    /// Uncompressed size, bytes.
    size: u64,
    is_packed: bool,
    /// Size of its records as stored in the file, bytes.
    packed: u64,
    /// All bytes after the header.
    data: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Parses the header; `None` if it is incomplete.
    fn of(body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(body);
        fields.take(16)?;
        let size = fields.number()?;
        fields.take(4)?;
        let is_packed = !fields.block()?.is_empty();
        let packed = fields.number()?;
        Some(Self {
            size,
            is_packed,
            packed,
            data: fields.0,
        })
    }

    /// Rejects an uncompressed chunk whose records do not end where the chunk ends.
    fn ensure_records(&self) -> Result<(), McapError> {
        if self.is_packed {
            return Ok(());
        }
        if self.size != self.packed {
            return Err(McapError::BadChunkLength {
                header: self.size,
                available: self.packed,
            });
        }
        let mut records = Fields(&self.data[..self.packed as usize]);
        while !records.0.is_empty() {
            records.record().ok_or(McapError::UnexpectedEoc)?;
        }
        Ok(())
    }
}

/// Remaining bytes of a record.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    /// Reads a string, an array or a map: its length in bytes, u32, and the bytes.
    fn block(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        self.take(u32::from_le_bytes(*length) as usize)
    }

    /// Reads a map of strings.
    fn map(&mut self) -> Option<()> {
        let mut entries = Fields(self.block()?);
        while !entries.0.is_empty() {
            entries.block()?;
            entries.block()?;
        }
        Some(())
    }

    fn header(&mut self) -> Option<()> {
        (0..2).try_for_each(|_| self.block().map(drop))
    }

    fn schema(&mut self) -> Option<()> {
        self.take(2)?;
        (0..3).try_for_each(|_| self.block().map(drop))
    }

    fn channel(&mut self) -> Option<()> {
        self.take(4)?;
        (0..2).try_for_each(|_| self.block().map(drop))?;
        self.map()
    }

    fn metadata(&mut self) -> Option<()> {
        self.block()?;
        self.map()
    }

    fn message_index(&mut self) -> Option<()> {
        self.take(2)?;
        self.block().map(drop)
    }

    fn attachment(&mut self) -> Option<()> {
        self.take(16)?;
        (0..2).try_for_each(|_| self.block().map(drop))?;
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)?;
        self.take(4).map(drop)
    }

    /// Reads a record of any kind.
    fn record(&mut self) -> Option<()> {
        self.take(1)?;
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(opcode: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![opcode];
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    /// Builds the body of a chunk.
    fn chunk(size: u64, compression: &str, packed: u64, data: &[u8]) -> Vec<u8> {
        let mut body = vec![0; 16];
        body.extend(size.to_le_bytes());
        body.extend([0; 4]);
        body.extend((compression.len() as u32).to_le_bytes());
        body.extend(compression.bytes());
        body.extend(packed.to_le_bytes());
        body.extend(data);
        body
    }

    #[test]
    fn chunk_lengths_must_match_their_content() {
        let inner = record(op::MESSAGE, &[0; 30]);
        let size = inner.len() as u64;
        let good = chunk(size, "", size, &inner);
        assert_eq!(room_beside(100, &good).unwrap(), 100 - size);
        let message = |chunk: &[u8]| room_beside(1 << 20, chunk).unwrap_err().to_string();
        assert!(message(&good[..30]).contains("middle of a record"));
        assert!(message(&chunk(size, "", size + 1, &inner)).contains("Chunk length"));
        assert!(message(&chunk(size - 1, "", size - 1, &inner)).contains("middle of a record"));
        assert!(message(&chunk(1 << 40, "zstd", 3, &[0; 3])).contains("exceeds limit"));
        assert!(room_beside(size - 1, &good).is_err());
    }

    #[test]
    fn a_chunk_that_is_cut_is_opened_if_its_header_is_whole() {
        let inner = record(op::MESSAGE, &[0; 30]);
        let size = inner.len() as u64;
        let whole = chunk(size, "", size, &inner);
        let header = whole.len() - inner.len();
        for cut in 0..whole.len() {
            assert_eq!(has_room(100, &whole[..cut]), cut >= header, "cut at {cut}");
        }
        assert!(!has_room(size - 1, &whole));
        assert!(!has_room(100, &chunk(size - 1, "", size - 1, &inner)));
    }

    #[test]
    fn strings_and_maps_end_within_their_record() {
        let text = |text: &str| [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
        let map = [text("key"), text("value")].concat();
        let map = [(map.len() as u32).to_le_bytes().to_vec(), map].concat();
        let body = [vec![0; 4], text("/scan"), text("cdr"), map].concat();
        assert!(fits(op::CHANNEL, &body));
        for cut in 0..body.len() {
            assert!(!fits(op::CHANNEL, &body[..cut]), "cut at {cut}");
        }
        for byte in [7, 16, 22, 26, 33] {
            let mut flipped = body.clone();
            flipped[byte] ^= 0x80;
            assert!(!fits(op::CHANNEL, &flipped), "byte {byte}");
        }
    }
}
