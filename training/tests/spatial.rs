//! Clouds and depth images in recordings: a round trip is lossless, and errors name invalid
//! messages.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use nalgebra::{Translation3, UnitQuaternion, Vector3};
use perception::{
    CloudPoint, DepthImage, DepthPixels, Distortion, Odometry, PinholeCamera, PointCloud, Pose2,
    Pose3, SensorEvent, Stamp, Twist,
};
use proptest::prelude::*;
use training::{Demonstration, Entry, ReadSettings, Record};

fn written(demonstration: &Demonstration) -> Vec<u8> {
    let mut sink = Cursor::new(Vec::new());
    demonstration.write(&mut sink).unwrap();
    sink.into_inner()
}

fn pose() -> impl Strategy<Value = Pose3> {
    let place = prop::array::uniform3(-2.0_f64..2.0);
    let turn = prop::array::uniform3(-2.0_f64..2.0);
    (place, turn).prop_map(|(place, turn)| {
        Pose3::from_parts(
            Translation3::from(Vector3::from(place)),
            UnitQuaternion::from_scaled_axis(Vector3::from(turn)),
        )
    })
}

fn cloud() -> impl Strategy<Value = SensorEvent> {
    let point = (prop::array::uniform3(-50.0_f32..50.0), -0.1_f32..0.1);
    let points = prop::collection::vec((point, any::<u16>()), 0..40);
    (pose(), points, any::<bool>()).prop_map(|(base_from_lidar, points, has_rings)| {
        let rings = points.iter().map(|(_, ring)| *ring);
        SensorEvent::Cloud {
            base_from_lidar,
            cloud: PointCloud {
                rings: if has_rings {
                    rings.collect()
                } else {
                    Vec::new()
                },
                points: points
                    .iter()
                    .map(|&((position, time_s), _)| CloudPoint { position, time_s })
                    .collect(),
            },
        }
    })
}

fn depth() -> impl Strategy<Value = SensorEvent> {
    let size = (1_usize..8, 1_usize..8);
    let lens = (
        prop::array::uniform4(1.0_f64..500.0),
        prop::array::uniform5(-0.1_f64..0.1),
    );
    let pixels = prop::collection::vec(any::<u16>(), 64);
    (pose(), size, lens, pixels, any::<bool>()).prop_map(
        |(base_from_camera, (width, height), ([fx, fy, cx, cy], d), pixels, in_metres)| {
            let pixels = pixels.into_iter().take(width * height);
            let metres = |pixel: u16| match pixel % 7 {
                0 => f32::NAN,
                1 => f32::INFINITY,
                _ => f32::from(pixel) * 1e-3,
            };
            SensorEvent::Depth {
                base_from_camera,
                camera: PinholeCamera {
                    width,
                    height,
                    fx,
                    fy,
                    cx,
                    cy,
                    distortion: Distortion {
                        k1: d[0],
                        k2: d[1],
                        p1: d[2],
                        p2: d[3],
                        k3: d[4],
                    },
                },
                image: DepthImage {
                    width,
                    height,
                    pixels: if in_metres {
                        DepthPixels::Metres(pixels.map(metres).collect())
                    } else {
                        DepthPixels::Millimetres(pixels.collect())
                    },
                },
            }
        },
    )
}

/// A drive with these events and the required odometry.
fn drive(events: Vec<SensorEvent>) -> Demonstration {
    let odometry = SensorEvent::Odometry(Odometry::level(
        Pose2::new(1.0, 2.0, 0.5),
        Twist::new(0.3, 0.0),
    ));
    let entries = std::iter::once(odometry).chain(events).enumerate();
    Demonstration {
        entries: entries
            .map(|(index, event)| Entry {
                arrival: Stamp(1_000_000_000 + index as i64),
                stamp: Stamp(900_000_000 + index as i64),
                record: Record::Sensor(event),
            })
            .collect(),
        ..Demonstration::default()
    }
}

fn near(a: &Pose3, b: &Pose3) -> bool {
    let between = a.inverse() * b;
    between.translation.vector.norm() < 1e-12 && between.rotation.angle() < 1e-7
}

/// Bits of all pixels, so that NaN can be compared.
fn bits(pixels: &DepthPixels) -> Vec<u32> {
    match pixels {
        DepthPixels::Millimetres(pixels) => pixels.iter().map(|&pixel| pixel.into()).collect(),
        DepthPixels::Metres(pixels) => pixels.iter().map(|pixel| pixel.to_bits()).collect(),
    }
}

proptest! {
    #[test]
    fn a_round_trip_is_lossless(
        events in prop::collection::vec(prop_oneof![cloud(), depth()], 1..8)
    ) {
        let demonstration = drive(events);
        let back = Demonstration::read(&written(&demonstration), &ReadSettings::default()).unwrap();
        // the goal is added from the end of the drive
        let entries = &back.entries[1..];
        prop_assert_eq!(entries.len(), demonstration.entries.len());
        for (told, read) in demonstration.entries.iter().zip(entries).skip(1) {
            prop_assert_eq!((told.arrival, told.stamp), (read.arrival, read.stamp));
            match (&told.record, &read.record) {
                (
                    Record::Sensor(SensorEvent::Cloud { base_from_lidar: a, cloud: told }),
                    Record::Sensor(SensorEvent::Cloud { base_from_lidar: b, cloud: read }),
                ) => {
                    prop_assert!(near(a, b));
                    prop_assert_eq!(&told.points, &read.points);
                    prop_assert_eq!(&told.rings, &read.rings);
                }
                (
                    Record::Sensor(SensorEvent::Depth { base_from_camera: a, camera, image }),
                    Record::Sensor(SensorEvent::Depth {
                        base_from_camera: b, camera: camera_read, image: read,
                    }),
                ) => {
                    prop_assert!(near(a, b));
                    prop_assert_eq!(camera, camera_read);
                    prop_assert_eq!((image.width, image.height), (read.width, read.height));
                    prop_assert_eq!(bits(&image.pixels), bits(&read.pixels));
                }
                _ => prop_assert!(false, "another kind of message"),
            }
        }
    }
}

#[test]
fn planar_drives_have_no_topics_of_other_sensors() {
    let topics = |events: Vec<SensorEvent>| {
        let bytes = written(&drive(events));
        let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
        let mut topics: Vec<String> = summary.channels.values().map(|c| c.topic.clone()).collect();
        topics.sort();
        topics
    };
    assert!(
        !topics(Vec::new())
            .iter()
            .any(|topic| topic.contains("points"))
    );
    let cloud = SensorEvent::Cloud {
        base_from_lidar: Pose3::identity(),
        cloud: PointCloud::default(),
    };
    let topics = topics(vec![cloud]);
    assert!(topics.contains(&"/points".to_owned()) && !topics.contains(&"/depth/image".to_owned()));
}
