//! Decoder for `sensor_msgs/PointCloud2`, whose fields describe the layout of the data.

use serde::{Deserialize, Serialize};

use super::{CloudPoint, PointCloud, SensorError};
use crate::Stamp;

/// Field of a point (`sensor_msgs/PointField`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointField {
    /// Name: `x`, `y`, `z`, `ring`, ...
    pub name: String,
    /// Offset of its first byte in a point.
    pub offset: u32,
    /// Data type, 1 to 8: int8, uint8, int16, uint16, int32, uint32, float32, float64.
    pub datatype: u8,
    /// Number of elements; only the first is read.
    pub count: u32,
}

/// Borrowed `sensor_msgs/PointCloud2`.
#[derive(Debug, Clone, PartialEq)]
pub struct PointCloud2<'a> {
    /// Number of rows.
    pub height: u32,
    /// Number of points in a row.
    pub width: u32,
    /// Layout of a point.
    pub fields: &'a [PointField],
    /// True if the most significant byte of a number comes first.
    pub is_bigendian: bool,
    /// Bytes from a point to the next.
    pub point_step: u32,
    /// Bytes from a row to the next.
    pub row_step: u32,
    /// Data of the points.
    pub data: &'a [u8],
}

/// Function that decodes a number from the bytes at its offset.
type Read = fn(&[u8]) -> f64;

const DATATYPES: [(&str, usize); 8] = [
    ("int8", 1),
    ("uint8", 1),
    ("int16", 2),
    ("uint16", 2),
    ("int32", 4),
    ("uint32", 4),
    ("float32", 4),
    ("float64", 8),
];
const UINT32: u8 = 6;
const FLOAT32: u8 = 7;
const FLOAT64: u8 = 8;
/// Names that drivers use for the time of a point.
const TIMES: [&str; 5] = ["t", "time", "timestamp", "offset_time", "time_stamp"];
/// Names that drivers use for the ring of a point.
const RINGS: [&str; 2] = ["ring", "channel"];

impl PointCloud2<'_> {
    /// Decodes the points into `cloud` and keeps its allocated memory; `stamp` is that of the
    /// header. Points that are not finite are dropped: they are invalid returns by REP-117.
    ///
    /// The time of a point is read from `t`, `time`, `timestamp`, `offset_time` or `time_stamp`:
    /// uint32 nanoseconds or float32 seconds after the stamp, or float64 seconds on the clock of
    /// the stamp.
    pub fn decode_into(&self, stamp: Stamp, cloud: &mut PointCloud) -> Result<(), SensorError> {
        self.validate()?;
        let position = [self.needed("x")?, self.needed("y")?, self.needed("z")?]
            .map(|field| self.reader(field));
        let time = self.any_of(&TIMES).map(|field| self.time(field, stamp));
        let time = time.transpose()?;
        let ring_field = self.any_of(&RINGS);
        let ring = ring_field.map(|field| self.reader(field));
        cloud.points.clear();
        cloud.rings.clear();
        let (step, row_step) = (self.point_step as usize, self.row_step as usize);
        // rows without points are skipped
        let rows = if self.width == 0 {
            0
        } else {
            self.height as usize
        };
        for row in 0..rows {
            for column in 0..self.width as usize {
                let point = &self.data[row * row_step + column * step..][..step];
                let position = position.map(|(offset, read)| read(&point[offset..]) as f32);
                if !position.iter().all(|coordinate| coordinate.is_finite()) {
                    continue;
                }
                let time_s = time.map_or(0.0, |(offset, read, scale, zero_s)| {
                    (read(&point[offset..]) * scale - zero_s) as f32
                });
                cloud.points.push(CloudPoint { position, time_s });
                if let Some((offset, read)) = ring {
                    let ring = read(&point[offset..]);
                    if !(ring.fract() == 0.0 && (0.0..=65535.0).contains(&ring)) {
                        let name = ring_field.map_or("", |field| &field.name);
                        return Err(wrong(name, &ring, "a whole number from 0 to 65535"));
                    }
                    cloud.rings.push(ring as u16);
                }
            }
        }
        cloud.validate()
    }

    /// Rejects a layout that does not fit the data.
    fn validate(&self) -> Result<(), SensorError> {
        for (index, field) in self.fields.iter().enumerate() {
            let name = field.name.as_str();
            let Some((_, size)) = datatype(field) else {
                return Err(wrong(name, &field.datatype, "a datatype from 1 to 8"));
            };
            if field.count == 0 {
                return Err(wrong(name, &"count 0", "a count of 1 or more"));
            }
            let end = u64::from(field.offset) + size as u64 * u64::from(field.count);
            if end > u64::from(self.point_step) {
                let expected = format!("at most point_step, {}", self.point_step);
                return Err(wrong(name, &format!("up to byte {end}"), &expected));
            }
            if self.fields[..index].iter().any(|other| other.name == name) {
                return Err(wrong(name, &"there twice", "once"));
            }
        }
        let row = u64::from(self.width) * u64::from(self.point_step);
        if u64::from(self.row_step) < row {
            let expected = format!("at least width times point_step, {row}");
            return Err(wrong("row_step", &self.row_step, &expected));
        }
        let bytes = u64::from(self.row_step) * u64::from(self.height);
        if self.data.len() as u64 != bytes {
            let expected = format!("row_step times height, {bytes} bytes");
            return Err(wrong(
                "data",
                &format!("{} bytes", self.data.len()),
                &expected,
            ));
        }
        Ok(())
    }

    fn any_of(&self, names: &[&str]) -> Option<&PointField> {
        self.fields
            .iter()
            .find(|field| names.contains(&field.name.as_str()))
    }

    fn needed(&self, name: &str) -> Result<&PointField, SensorError> {
        self.any_of(&[name])
            .ok_or_else(|| wrong(name, &"missing", "a field of every point"))
    }

    /// Offset and reader of a field that [`Self::validate`] has accepted.
    fn reader(&self, field: &PointField) -> (usize, Read) {
        let read = if self.is_bigendian {
            BIG[usize::from(field.datatype - 1)]
        } else {
            LITTLE[usize::from(field.datatype - 1)]
        };
        (field.offset as usize, read)
    }

    /// Offset and reader of a time field, the factor to seconds, and the offset in seconds to
    /// subtract.
    fn time(
        &self,
        field: &PointField,
        stamp: Stamp,
    ) -> Result<(usize, Read, f64, f64), SensorError> {
        let (offset, read) = self.reader(field);
        match field.datatype {
            UINT32 => Ok((offset, read, 1e-9, 0.0)),
            FLOAT32 => Ok((offset, read, 1.0, 0.0)),
            FLOAT64 => Ok((offset, read, 1.0, stamp.as_secs())),
            _ => Err(wrong(
                &field.name,
                &datatype(field).map_or("", |(name, _)| name),
                "uint32 nanoseconds, float32 or float64 seconds",
            )),
        }
    }
}

fn datatype(field: &PointField) -> Option<(&'static str, usize)> {
    let index = usize::from(field.datatype).checked_sub(1)?;
    DATATYPES.get(index).copied()
}

fn wrong(field: &str, found: &dyn std::fmt::Display, expected: &str) -> SensorError {
    SensorError::Message {
        message: "point_cloud2",
        field: field.to_owned(),
        found: found.to_string(),
        expected: expected.to_owned(),
    }
}

/// Defines the readers of the eight data types for one byte order.
macro_rules! readers {
    ($from:ident) => {
        [
            readers!($from, i8, 1),
            readers!($from, u8, 1),
            readers!($from, i16, 2),
            readers!($from, u16, 2),
            readers!($from, i32, 4),
            readers!($from, u32, 4),
            readers!($from, f32, 4),
            readers!($from, f64, 8),
        ]
    };
    ($from:ident, $kind:ident, $size:literal) => {
        |bytes: &[u8]| {
            let mut number = [0; $size];
            number.copy_from_slice(&bytes[..$size]);
            $kind::$from(number) as f64
        }
    };
}

#[allow(trivial_numeric_casts, clippy::cast_lossless)] // one macro for all kinds of numbers
const LITTLE: [Read; 8] = readers!(from_le_bytes);
#[allow(trivial_numeric_casts, clippy::cast_lossless)] // one macro for all kinds of numbers
const BIG: [Read; 8] = readers!(from_be_bytes);
