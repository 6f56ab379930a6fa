//! Lengths that an MCAP file claims, held against its bytes before anything is allocated by them.
//!
//! ```text
//! magic · (opcode u8 · length u64 · body)*,   chunk: header · compressed size u64 · records
//! ```
//!
//! A flipped bit in a length would else ask for gigabytes, and a chunk of a few bytes may claim to
//! unpack to as many.

use mcap::McapError;
use mcap::records::op;

use super::compression::unpacked_max;

/// Bytes before the first record.
const MAGIC_LEN: usize = mcap::MAGIC.len();

/// Where a file does not hold what it claims: the byte, and why. None for a file whose lengths fit.
pub(super) fn flaw(bytes: &[u8]) -> Option<(usize, McapError)> {
    let mut unpacked_max = unpacked_max(bytes.len()) as u64;
    let mut at = MAGIC_LEN;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let mut fields = Fields(rest);
        let (opcode, body) = match fields.record() {
            Ok(record) => record,
            Err(source) => return Some((at, source)),
        };
        match opcode {
            op::FOOTER => return None,
            op::CHUNK => match unpacked(body) {
                Ok(size) if size > unpacked_max => {
                    return Some((at, McapError::ChunkTooLarge(size)));
                }
                Ok(size) => unpacked_max -= size,
                Err(source) => return Some((at, source)),
            },
            _ => {}
        }
        at = bytes.len() - fields.0.len();
    }
    None
}

/// True when the strings and maps of a record are as long as they say. Kinds that no reader of
/// recordings takes apart always fit.
pub(super) fn fits(opcode: u8, body: &[u8]) -> bool {
    let mut fields = Fields(body);
    let walked = match opcode {
        op::SCHEMA => fields.schema(),
        op::CHANNEL => fields.channel(),
        op::METADATA => fields.metadata(),
        _ => Some(()),
    };
    walked.is_some()
}

/// Bytes that a chunk unpacks to.
fn unpacked(body: &[u8]) -> Result<u64, McapError> {
    let mut fields = Fields(body);
    let mut header = || {
        fields.take(16)?;
        let size = fields.number()?;
        fields.take(4)?;
        let is_packed = !fields.block()?.is_empty();
        Some((size, is_packed, fields.number()?, fields.0))
    };
    let (size, is_packed, packed, data) = header().ok_or(McapError::UnexpectedEoc)?;
    let available = data.len() as u64;
    if packed > available {
        let header = packed;
        return Err(McapError::BadChunkLength { header, available });
    }
    if is_packed {
        return Ok(size);
    }
    if size != packed {
        return Err(McapError::BadChunkLength {
            header: size,
            available: packed,
        });
    }
    let mut records = Fields(&data[..packed as usize]);
    while !records.0.is_empty() {
        records.record().map_err(|_| McapError::UnexpectedEoc)?;
    }
    Ok(size)
}

/// What is left of some bytes.
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

    /// A string, an array or a map: its length in bytes, u32, and the bytes.
    fn block(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        self.take(u32::from_le_bytes(*length) as usize)
    }

    /// A map of strings.
    fn map(&mut self) -> Option<()> {
        let mut entries = Fields(self.block()?);
        while !entries.0.is_empty() {
            entries.block()?;
            entries.block()?;
        }
        Some(())
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

    /// Opcode and body of a record.
    fn record(&mut self) -> Result<(u8, &'a [u8]), McapError> {
        let mut head = || Some((self.take(1)?.first().copied()?, self.number()?));
        let (opcode, len) = head().ok_or(McapError::UnexpectedEof)?;
        let body = usize::try_from(len).ok().and_then(|len| self.take(len));
        let body = body.ok_or(McapError::RecordTooLarge { opcode, len })?;
        Ok((opcode, body))
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

    fn chunk(size: u64, compression: &str, packed: u64, data: &[u8]) -> Vec<u8> {
        let mut body = vec![0; 16];
        body.extend(size.to_le_bytes());
        body.extend([0; 4]);
        body.extend((compression.len() as u32).to_le_bytes());
        body.extend(compression.bytes());
        body.extend(packed.to_le_bytes());
        body.extend(data);
        record(op::CHUNK, &body)
    }

    fn file(records: &[Vec<u8>]) -> Vec<u8> {
        [mcap::MAGIC.to_vec(), records.concat()].concat()
    }

    #[test]
    fn records_and_chunks_end_within_the_file() {
        let inner = record(op::MESSAGE, &[0; 30]);
        let size = inner.len() as u64;
        let good = [chunk(size, "", size, &inner), record(op::FOOTER, &[0; 20])];
        assert!(flaw(&file(&good)).is_none());
        let mut long = record(op::SCHEMA, &[0; 8]);
        long[3] = 1;
        let message = |records: &[Vec<u8>]| flaw(&file(records)).unwrap().1.to_string();
        assert!(message(&[long]).contains("exceeds limit: `65544`"));
        assert!(message(&[chunk(size, "", size + 1, &inner)]).contains("Chunk length"));
        assert!(message(&[chunk(size - 1, "", size - 1, &inner)]).contains("middle of a record"));
        assert!(message(&[chunk(1 << 40, "zstd", 3, &[0; 3])]).contains("exceeds limit"));
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
