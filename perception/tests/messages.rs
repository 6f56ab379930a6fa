//! Messages of a middleware, read from bytes.
#![allow(clippy::unwrap_used)]

use perception::{
    CloudPoint, DepthImage, DepthPixels, Distortion, PinholeCamera, PointCloud, PointCloud2,
    PointField, RawDepth, Stamp,
};
use proptest::prelude::*;

/// Size of the datatypes 1 to 8.
const SIZES: [usize; 8] = [1, 1, 2, 2, 4, 4, 4, 8];

fn write(bytes: &mut [u8], datatype: u8, is_bigendian: bool, value: f64) {
    macro_rules! put {
        ($kind:ident) => {{
            let value = value as $kind;
            let number = if is_bigendian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            };
            bytes[..number.len()].copy_from_slice(&number);
        }};
    }
    match datatype {
        1 => put!(i8),
        2 => put!(u8),
        3 => put!(i16),
        4 => put!(u16),
        5 => put!(i32),
        6 => put!(u32),
        7 => put!(f32),
        _ => put!(f64),
    }
}

/// A layout: for each field, its datatype, its count and the bytes before it.
#[derive(Debug, Clone)]
struct Layout {
    fields: Vec<PointField>,
    point_step: usize,
}

fn layout(order: Vec<(&'static str, u8, u32, usize)>, tail: usize) -> Layout {
    let mut at = 0;
    let mut fields = Vec::new();
    for (name, datatype, count, gap) in order {
        at += gap;
        fields.push(PointField {
            name: name.to_owned(),
            offset: at as u32,
            datatype,
            count,
        });
        at += SIZES[usize::from(datatype - 1)] * count as usize;
    }
    Layout {
        fields,
        point_step: at + tail,
    }
}

fn layouts() -> impl Strategy<Value = Layout> {
    let field = |name: &'static str, kinds: &'static [u8]| {
        (
            Just(name),
            prop::sample::select(kinds),
            1_u32..3,
            0_usize..5,
        )
    };
    let all: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8];
    let time = prop::sample::select(&["t", "time", "timestamp", "offset_time"][..])
        .prop_flat_map(move |name| field(name, &[6, 7, 8]));
    let ring =
        prop::sample::select(&["ring", "channel"][..]).prop_flat_map(move |name| field(name, all));
    (
        (field("x", all), field("y", all), field("z", all)),
        (field("intensity", all), time, ring),
        0_usize..7,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_flat_map(
            |((x, y, z), (intensity, time, ring), tail, has_time, has_ring)| {
                let mut order = vec![x, y, z, intensity];
                order.extend(has_time.then_some(time));
                order.extend(has_ring.then_some(ring));
                (Just(order).prop_shuffle(), Just(tail))
            },
        )
        .prop_map(|(order, tail)| layout(order, tail))
}

proptest! {
    /// Whatever the layout, what was written is read, but for points that are nowhere.
    #[test]
    fn a_cloud_of_any_layout_reads_back(
        layout in layouts(),
        (height, width) in (1_usize..4, 1_usize..9),
        row_tail in 0_usize..9,
        is_bigendian in any::<bool>(),
        values in prop::collection::vec((0_u8..100, 0_u8..100, 0_u8..100, 0_u8..10, 0_u8..64), 32),
        lost in prop::collection::vec(prop::bool::weighted(0.2), 32),
    ) {
        let stamp = Stamp::from_secs(12.5);
        let row_step = width * layout.point_step + row_tail;
        let mut data = vec![0xAB; row_step * height];
        let mut expected = PointCloud::default();
        let has = |names: &[&str]| layout.fields.iter().any(|f| names.contains(&f.name.as_str()));
        let has_time = has(&["t", "time", "timestamp", "offset_time"]);
        let has_ring = has(&["ring", "channel"]);
        for index in 0..height * width {
            let (x, y, z, tenths, ring) = values[index];
            let start = index / width * row_step + index % width * layout.point_step;
            let time_s = f64::from(tenths) * 0.01;
            let mut is_lost = false;
            for field in &layout.fields {
                let value = match (field.name.as_str(), field.datatype) {
                    ("x", 7 | 8) if lost[index] => {
                        is_lost = true;
                        f64::NAN
                    }
                    ("x", _) => f64::from(x),
                    ("y", _) => f64::from(y),
                    ("z", _) => f64::from(z),
                    ("ring" | "channel", _) => f64::from(ring),
                    ("intensity", _) => 7.0,
                    (_, 6) => (time_s * 1e9).round(),
                    (_, 7) => time_s,
                    _ => stamp.as_secs() + time_s,
                };
                write(&mut data[start + field.offset as usize..], field.datatype, is_bigendian, value);
            }
            if !is_lost {
                expected.points.push(CloudPoint {
                    position: [f32::from(x), f32::from(y), f32::from(z)],
                    time_s: if has_time { time_s as f32 } else { 0.0 },
                });
                expected.rings.extend(has_ring.then_some(u16::from(ring)));
            }
        }
        let message = PointCloud2 {
            height: height as u32,
            width: width as u32,
            fields: &layout.fields,
            is_bigendian,
            point_step: layout.point_step as u32,
            row_step: row_step as u32,
            data: &data,
        };
        let mut cloud = PointCloud::default();
        message.decode_into(stamp, &mut cloud).unwrap();
        prop_assert_eq!(&cloud.rings, &expected.rings);
        prop_assert_eq!(cloud.points.len(), expected.points.len());
        for (found, expected) in cloud.points.iter().zip(&expected.points) {
            prop_assert_eq!(found.position, expected.position);
            prop_assert!((found.time_s - expected.time_s).abs() < 1e-6);
        }
    }

    /// Bytes and numbers from anywhere are refused or read, and never a panic.
    #[test]
    fn damaged_clouds_are_refused(
        layout in layouts(),
        sizes in prop::array::uniform4(0_u32..40),
        offset in any::<u32>(),
        datatype in any::<u8>(),
        data in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut fields = layout.fields;
        fields[0].offset = offset % 64;
        fields[1].datatype = datatype % 12;
        let [height, width, point_step, row_step] = sizes;
        let message = PointCloud2 {
            height, width, fields: &fields, is_bigendian: false, point_step, row_step, data: &data,
        };
        let _ = message.decode_into(Stamp(0), &mut PointCloud::default());
    }

    /// A direction leads to the pixel that it came from, through any lens that one would buy.
    #[test]
    fn distortion_is_undone(
        k1 in -0.2_f64..0.3, k2 in -0.05_f64..0.1, p1 in -0.003_f64..0.003, p2 in -0.003_f64..0.003,
        column in 0.0_f64..639.0, row in 0.0_f64..479.0,
    ) {
        let camera = PinholeCamera {
            width: 640, height: 480, fx: 570.0, fy: 570.0, cx: 319.5, cy: 239.5,
            distortion: Distortion { k1, k2, p1, p2, k3: 0.0 },
        };
        let direction = camera.direction(column, row).unwrap();
        let [back_column, back_row] = camera.pixel(direction);
        prop_assert!((back_column - column).abs() < 1e-3 && (back_row - row).abs() < 1e-3);
    }
}

fn refusal(change: impl Fn(&mut PointCloud2<'_>, &mut Vec<PointField>)) -> String {
    let order = vec![
        ("x", 7, 1, 0),
        ("y", 7, 1, 0),
        ("z", 7, 1, 0),
        ("time", 7, 1, 0),
    ];
    let layout = layout(order, 0);
    let mut fields = layout.fields.clone();
    let mut message = PointCloud2 {
        height: 1,
        width: 2,
        fields: &layout.fields,
        is_bigendian: false,
        point_step: 16,
        row_step: 32,
        data: &[0; 32],
    };
    change(&mut message, &mut fields);
    let message = PointCloud2 {
        fields: &fields,
        ..message
    };
    let refused = message.decode_into(Stamp(0), &mut PointCloud::default());
    refused.unwrap_err().to_string()
}

#[test]
fn errors_name_the_flaw_of_a_cloud() {
    assert_eq!(
        refusal(|message, _| message.data = &[0; 31]),
        "point_cloud2.data is 31 bytes: expected row_step times height, 32 bytes"
    );
    assert_eq!(
        refusal(|message, _| message.row_step = 31),
        "point_cloud2.row_step is 31: expected at least width times point_step, 32"
    );
    assert_eq!(
        refusal(|_, fields| fields[1].offset = 13),
        "point_cloud2.y is up to byte 17: expected at most point_step, 16"
    );
    assert_eq!(
        refusal(|_, fields| fields[2].datatype = 9),
        "point_cloud2.z is 9: expected a datatype from 1 to 8"
    );
    assert_eq!(
        refusal(|_, fields| fields[2].name = "zed".to_owned()),
        "point_cloud2.z is missing: expected a field of every point"
    );
    assert_eq!(
        refusal(|_, fields| fields[3].datatype = 5),
        "point_cloud2.time is int32: expected uint32 nanoseconds, float32 or float64 seconds"
    );
}

#[test]
fn depth_images_read_in_both_byte_orders_and_past_padding() {
    let mut image = DepthImage::default();
    for is_bigendian in [false, true] {
        let number = |value: u16| {
            if is_bigendian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            }
        };
        let mut data = Vec::new();
        for row in [[100, 2000], [0, 65535]] {
            for value in row {
                data.extend(number(value));
            }
            data.extend([9; 3]);
        }
        let mut raw = RawDepth {
            height: 2,
            width: 2,
            encoding: "16UC1",
            is_bigendian,
            step: 7,
            data: &data,
        };
        raw.decode_into(&mut image).unwrap();
        assert_eq!(
            image.pixels,
            DepthPixels::Millimetres(vec![100, 2000, 0, 65535])
        );
        raw.encoding = "bgr8";
        assert_eq!(
            raw.decode_into(&mut image).unwrap_err().to_string(),
            "depth_image.encoding is bgr8: expected 16UC1, mono16 or 32FC1"
        );
        raw.encoding = "32FC1";
        assert_eq!(
            raw.decode_into(&mut image).unwrap_err().to_string(),
            "depth_image.step is 7: expected at least 8 bytes for a row of 32FC1"
        );
    }
    let data: Vec<u8> = [1.5_f32, f32::INFINITY]
        .iter()
        .flat_map(|m| m.to_le_bytes())
        .collect();
    let raw = RawDepth {
        height: 1,
        width: 2,
        encoding: "32FC1",
        is_bigendian: false,
        step: 8,
        data: &data,
    };
    raw.decode_into(&mut image).unwrap();
    assert_eq!(image.pixels, DepthPixels::Metres(vec![1.5, f32::INFINITY]));
}
