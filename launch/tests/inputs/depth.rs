//! Sequences of depth images as data sets lay them out.

use std::io::Cursor;

use image::{ImageBuffer, ImageFormat, Luma};
use serde_json::Value;

use super::drive::{Ended, Place};

const IMAGES: usize = 13;
const CAMERA: [&str; 2] = ["--intrinsics", "100,100,79.5,59.5"];
/// The camera looks along x, 0.5 m above the floor.
const TURN: &str = "-0.5 0.5 -0.5 0.5";
const MATRIX: [[&str; 4]; 4] = [
    ["0", "0", "1", "0"],
    ["-1", "0", "0", "Y"],
    ["0", "-1", "0", "0.5"],
    ["0", "0", "0", "1"],
];

/// A floor, and a wall 3 m ahead with a post before it that moves through the images.
fn image(number: usize) -> Vec<u8> {
    let y_m = y_m(number);
    let picture = ImageBuffer::from_fn(160, 120, |column, row| {
        let (right, down) = (
            (f64::from(column) - 79.5) / 100.0,
            (f64::from(row) - 59.5) / 100.0,
        );
        let floor_m = if down > 0.0 {
            0.5 / down
        } else {
            f64::INFINITY
        };
        let post_m = if (y_m - 2.0 * right).abs() < 0.15 {
            2.0
        } else {
            3.0
        };
        Luma([(1000.0 * floor_m.min(post_m)).round() as u16])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn y_m(number: usize) -> f64 {
    0.2 * number as f64 - 1.2
}

fn row(number: usize) -> String {
    format!("0 {} 0.5 {TURN}\n", y_m(number))
}

fn matrix(number: usize, between: &str) -> String {
    let y = y_m(number).to_string();
    MATRIX
        .map(|row| {
            row.map(|word| if word == "Y" { y.as_str() } else { word })
                .join(" ")
        })
        .join(between)
}

fn stamp(number: usize) -> String {
    format!("{:.6}", 100.0 + 0.1 * number as f64)
}

/// A directory with images of these names and files of these texts.
fn sequence(named: impl Fn(usize) -> String, files: &[(&str, String)]) -> Place {
    let place = Place::new();
    for number in 0..IMAGES {
        place.put(&named(number), &image(number));
    }
    for (name, text) in files {
        place.put(name, text.as_bytes());
    }
    place
}

fn mapped(place: &Place) -> Ended {
    Ended::map(&place.path(""), &CAMERA)
}

fn told(figures: &Value) -> [Value; 3] {
    ["scans", "occupied_cells", "free_cells"].map(|field| figures[field].clone())
}

fn all(row: impl Fn(usize) -> String) -> String {
    (0..IMAGES).map(row).collect()
}

fn padded(number: usize) -> String {
    format!("{number:04}.png")
}

#[test]
fn layouts_of_data_sets_make_the_same_map() {
    let usual = told(mapped(&sequence(padded, &[("poses.txt", all(row))])).good());
    assert_eq!(usual[0], IMAGES);
    let stamped = all(|number| format!("{} {}", stamp(number), row(number)));
    let poses = || vec![("poses.txt", all(row))];
    let more = all(row) + &row(IMAGES);
    let scannet: Vec<(String, String)> = (0..IMAGES)
        .map(|number| (format!("pose/{number}.txt"), matrix(number, "\n")))
        .collect();
    let scannet: Vec<(&str, String)> = scannet
        .iter()
        .map(|(name, text)| (name.as_str(), text.clone()))
        .collect();
    let log = all(|number| format!("{number} {number} 0\n{}\n", matrix(number, "\n")));
    let places = [
        (
            "unpadded",
            sequence(|number| format!("{number}.png"), &poses()),
        ),
        (
            "suffix",
            sequence(|number| format!("{number}.depth.png"), &poses()),
        ),
        (
            "size",
            sequence(|number| format!("{number}_160x120.png"), &poses()),
        ),
        (
            "commas",
            sequence(padded, &[("pose.txt", all(row).replace(' ', ", "))]),
        ),
        (
            "comment",
            sequence(padded, &[("pose.txt", format!("  # x y z\n{}", all(row)))]),
        ),
        ("one more pose", sequence(padded, &[("poses.txt", more)])),
        (
            "TUM",
            sequence(
                |number| format!("depth/{}.png", stamp(number)),
                &[("groundtruth.txt", stamped.clone())],
            ),
        ),
        (
            "stamps",
            sequence(
                |number| format!("{}.png", stamp(number)),
                &[("groundtruth.txt", stamped)],
            ),
        ),
        (
            "ScanNet",
            sequence(|number| format!("depth/{number}.png"), &scannet),
        ),
        (
            "Replica",
            sequence(
                |number| format!("results/depth{number:06}.png"),
                &[("traj.txt", all(|number| matrix(number, " ") + "\n"))],
            ),
        ),
        ("Open3D", sequence(padded, &[("trajectory.log", log)])),
    ];
    for (layout, place) in places {
        let ended = mapped(&place);
        assert_eq!(told(ended.good()), usual, "{layout}: {ended:?}");
    }
}

#[test]
fn a_lost_pose_costs_its_image() {
    let lost = 3;
    let place = sequence(padded, &[("poses.txt", all(row))]);
    std::fs::remove_file(place.path(&padded(lost))).unwrap();
    let text = all(|number| {
        if number == lost {
            String::new()
        } else {
            row(number)
        }
    });
    place.put("poses.txt", text.as_bytes());
    let usual = told(mapped(&place).good());
    for pose in [
        "nan nan nan nan nan nan nan",
        "-inf 0 0 0 0 0 1",
        "0 0 0 0 0 0 0",
    ] {
        let row = |number| {
            if number == lost {
                format!("{pose}\n")
            } else {
                row(number)
            }
        };
        let stamped = |number| format!("{} {}", stamp(number), row(number));
        for place in [
            sequence(padded, &[("poses.txt", all(row))]),
            sequence(
                |number| format!("depth/{}.png", stamp(number)),
                &[("groundtruth.txt", all(stamped))],
            ),
        ] {
            let ended = mapped(&place);
            assert_eq!(told(ended.good()), usual, "{pose}");
            assert!(
                ended
                    .said
                    .contains("1 images were left out: their camera was lost")
            );
        }
    }
    let place = sequence(
        padded,
        &[("poses.txt", all(|_| "0 0 0 0 0 0 0\n".to_owned()))],
    );
    mapped(&place).refused(&["the camera was lost at all of 13 images"]);
}

#[test]
fn a_floor_above_the_camera_names_the_other_direction() {
    let place = sequence(padded, &[("poses.txt", all(row))]);
    let options = [CAMERA[0], CAMERA[1], "--up=0,0,-1"];
    let ended = Ended::map(&place.path(""), &options);
    ended.refused(&["the floor comes out above the camera", "--up 0,0,1"]);
}

#[test]
fn rows_that_are_no_poses_are_named() {
    for (bad, expected) in [
        ("0 0 0.5 1 1 0 0", "line 2"),
        (
            "0 0 x 0 0 0 1",
            "line 2: \"0 0 x 0 0 0 1\"; expected numbers",
        ),
        ("1 2 3", "line 2"),
    ] {
        let text = all(|number| {
            if number == 1 {
                format!("{bad}\n")
            } else {
                row(number)
            }
        });
        mapped(&sequence(padded, &[("poses.txt", text)])).refused(&[expected]);
    }
}
