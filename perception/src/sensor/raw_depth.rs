//! Decoder for depth images in `sensor_msgs/Image` (REP-118).

use super::{DepthImage, DepthPixels, SensorError};

/// Borrowed depth image.
#[derive(Debug, Clone, PartialEq)]
pub struct RawDepth<'a> {
    /// Pixels in a column.
    pub height: u32,
    /// Pixels in a row.
    pub width: u32,
    /// `16UC1` or `mono16`: millimetres; `32FC1`: metres.
    pub encoding: &'a str,
    /// True if the most significant byte of a number comes first.
    pub is_bigendian: bool,
    /// Bytes from one row to the next.
    pub step: u32,
    /// Data of the rows.
    pub data: &'a [u8],
}

impl RawDepth<'_> {
    /// Decodes the pixels into `image` and keeps its allocated memory if the pixel type is the
    /// same.
    pub fn decode_into(&self, image: &mut DepthImage) -> Result<(), SensorError> {
        let size: usize = match self.encoding {
            "16UC1" | "mono16" => 2,
            "32FC1" => 4,
            other => return Err(wrong("encoding", other, "16UC1, mono16 or 32FC1")),
        };
        let row_bytes = self.width as usize * size;
        if (self.step as usize) < row_bytes {
            let expected = format!("at least {row_bytes} bytes for a row of {}", self.encoding);
            return Err(wrong("step", &self.step.to_string(), &expected));
        }
        let bytes = u64::from(self.step) * u64::from(self.height);
        if self.data.len() as u64 != bytes {
            let found = format!("{} bytes", self.data.len());
            let expected = format!("step times height, {bytes} bytes");
            return Err(wrong("data", &found, &expected));
        }
        (image.width, image.height) = (self.width as usize, self.height as usize);
        let step = (self.step as usize).max(1);
        let rows = self.data.chunks_exact(step).map(|row| &row[..row_bytes]);
        if size == 2 {
            let mut pixels = match std::mem::take(&mut image.pixels) {
                DepthPixels::Millimetres(pixels) => pixels,
                DepthPixels::Metres(_) => Vec::new(),
            };
            pixels.clear();
            for row in rows {
                let numbers = row.chunks_exact(2).map(|bytes| [bytes[0], bytes[1]]);
                if self.is_bigendian {
                    pixels.extend(numbers.map(u16::from_be_bytes));
                } else {
                    pixels.extend(numbers.map(u16::from_le_bytes));
                }
            }
            image.pixels = DepthPixels::Millimetres(pixels);
        } else {
            let mut pixels = match std::mem::take(&mut image.pixels) {
                DepthPixels::Metres(pixels) => pixels,
                DepthPixels::Millimetres(_) => Vec::new(),
            };
            pixels.clear();
            for row in rows {
                let numbers = row
                    .chunks_exact(4)
                    .map(|bytes| [bytes[0], bytes[1], bytes[2], bytes[3]]);
                if self.is_bigendian {
                    pixels.extend(numbers.map(f32::from_be_bytes));
                } else {
                    pixels.extend(numbers.map(f32::from_le_bytes));
                }
            }
            image.pixels = DepthPixels::Metres(pixels);
        }
        Ok(())
    }
}

fn wrong(field: &str, found: &str, expected: &str) -> SensorError {
    SensorError::Message {
        message: "depth_image",
        field: field.to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}
