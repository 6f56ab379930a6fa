//! SIMD and scalar code give the same observations.

use proptest::prelude::*;

use crate::{
    CloudPoint, DepthImage, DepthPixels, Distortion, GridFrame, PinholeCamera, Point2, PointCloud,
    Pose3, VolumeBuilder, VolumeSettings, wide,
};

const CAMERA: PinholeCamera = PinholeCamera {
    width: 90,
    height: 31,
    fx: 60.0,
    fy: 60.0,
    cx: 44.5,
    cy: 15.5,
    distortion: Distortion {
        k1: -0.1,
        k2: 0.0,
        p1: 0.0,
        p2: 0.0,
        k3: 0.0,
    },
};

/// Complete state of a volume after a cloud and two images, each added a few times.
fn volume(points: &[[f32; 3]], depths: &[f32], decimation: usize) -> String {
    let frame = GridFrame {
        origin: Point2::new(-2.0, -2.0),
        resolution_m: 0.05,
        width: 83,
        height: 79,
    };
    let mut settings = VolumeSettings::default();
    settings.cloud.range_max_m = 3.0;
    settings.depth.decimation = decimation;
    let mut builder = VolumeBuilder::new(settings, frame).unwrap();
    let cloud = PointCloud {
        points: points
            .iter()
            .map(|&position| CloudPoint {
                position,
                time_s: 0.0,
            })
            .collect(),
        rings: Vec::new(),
    };
    let pixels: Vec<_> = (0..CAMERA.width * CAMERA.height)
        .map(|pixel| depths[pixel / 7 % depths.len()])
        .collect();
    let millimetres = pixels.iter().map(|depth| (depth * 1e3) as u16).collect();
    let mut image = DepthImage {
        width: CAMERA.width,
        height: CAMERA.height,
        pixels: DepthPixels::Metres(pixels),
    };
    let turned = nalgebra::UnitQuaternion::from_euler_angles(-1.9, 0.0, -1.5);
    let pose = Pose3::from_parts(nalgebra::Translation3::new(-1.0, 0.1, 0.5), turned);
    for _ in 0..2 {
        builder
            .add_cloud(&Pose3::translation(0.1, 0.2, 0.5), &cloud)
            .unwrap();
        builder.add_depth(&pose, &CAMERA, &image).unwrap();
    }
    image.pixels = DepthPixels::Millimetres(millimetres);
    builder.add_depth(&pose, &CAMERA, &image).unwrap();
    format!("{:?}", builder.volume().columns)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn all_widths_agree(
        points in prop::collection::vec([-3.0_f32..3.0, -3.0_f32..3.0, -1.0_f32..2.5], 1..300),
        depths in prop::collection::vec(
            prop_oneof![4 => 0.1_f32..6.0, 1 => Just(f32::NAN), 1 => Just(f32::INFINITY)],
            1..300,
        ),
        decimation in 1_usize..4,
    ) {
        let wide = volume(&points, &depths, decimation);
        let narrow = wide::narrowly(|| volume(&points, &depths, decimation));
        prop_assert!(wide == narrow);
    }
}
