use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{Footprint, Pose2};

/// Vertices at increasing angles around the origin, convex or concave.
fn star() -> impl Strategy<Value = Polygon> {
    prop::collection::vec((0.0_f64..0.8, 0.1_f64..0.9), 4..14).prop_filter_map("refused", |arms| {
        let count = arms.len() as f64;
        let vertices: Vec<[f64; 2]> = arms
            .iter()
            .enumerate()
            .map(|(index, &(turn, radius_m))| {
                let angle = std::f64::consts::TAU * (index as f64 + turn) / count;
                [radius_m * angle.cos(), radius_m * angle.sin()]
            })
            .collect();
        Polygon::new(&vertices).ok()
    })
}

/// A body with two forks ahead of it.
fn fork_lift() -> impl Strategy<Value = Polygon> {
    let sizes = (
        0.05_f64..0.6,
        0.05_f64..0.4,
        0.1_f64..0.5,
        0.02_f64..0.09,
        0.05_f64..1.0,
    );
    sizes.prop_map(|(back, front, half, inner, reach)| {
        let tip = front + reach;
        Polygon::new(&[
            [-back, -half],
            [tip, -half],
            [tip, -inner],
            [front, -inner],
            [front, inner],
            [tip, inner],
            [tip, half],
            [-back, half],
        ])
        .unwrap()
    })
}

fn polygon() -> impl Strategy<Value = Polygon> {
    prop_oneof![star(), fork_lift()]
}

fn point() -> impl Strategy<Value = Point2> {
    (-1.8_f64..1.8, -1.8_f64..1.8).prop_map(|(x, y)| Point2::new(x, y))
}

fn placed(polygon: &Polygon, pose: Pose2) -> Vec<[f64; 2]> {
    let vertices = polygon.vertices().iter();
    vertices
        .map(|&vertex| (pose * vertex).coords.into())
        .collect()
}

fn written_out(rectangle: &Footprint) -> Footprint {
    let corners: Vec<[f64; 2]> = rectangle.corners().iter().map(|p| [p.x, p.y]).collect();
    let vertices = Polygon::new(&corners).unwrap();
    Footprint::Polygon { vertices }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_rectangle_written_as_a_polygon_is_the_rectangle(
        (length_m, width_m, by_m) in (0.01_f64..3.0, 0.01_f64..3.0, 0.0_f64..0.1),
        (a, b) in (point(), point()),
    ) {
        let rectangle = Footprint::Rectangle { length_m, width_m };
        let polygon = written_out(&rectangle);
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        let agree = |one: &Footprint, other: &Footprint| {
            near(one.signed_distance_m(a), other.signed_distance_m(a))
                && near(one.inscribed_radius_m(), other.inscribed_radius_m())
                && near(one.circumscribed_radius_m(), other.circumscribed_radius_m())
                && near(one.reach_x_m()[0], other.reach_x_m()[0])
                && near(one.reach_x_m()[1], other.reach_x_m()[1])
                && (one.nearest_inside(a) - other.nearest_inside(a)).norm() < 1e-9
        };
        prop_assert!(agree(&rectangle, &polygon));
        prop_assert!(agree(&rectangle.grown(by_m), &polygon.grown(by_m)));
        prop_assert_eq!(rectangle.corners(), polygon.corners());
        let (parts, expected): (Vec<_>, Vec<_>) =
            (polygon.clip(a, b).collect(), rectangle.clip(a, b).collect());
        prop_assert_eq!(parts.len(), expected.len());
        for (part, expected) in parts.iter().zip(&expected) {
            prop_assert!(near(part.0, expected.0) && near(part.1, expected.1));
        }
    }

    #[test]
    fn distances_move_with_the_polygon(
        polygon in polygon(), at in point(), yaw in -3.0_f64..3.0,
        (share, way) in (0.0_f64..0.8, -3.0_f64..3.0),
    ) {
        // a shift by less than the inscribed radius keeps the origin inside
        let shift_m = share * -polygon.signed_distance_m(Point2::origin());
        let pose = Pose2::new(shift_m * way.cos(), shift_m * way.sin(), yaw);
        let Ok(moved) = Polygon::new(&placed(&polygon, pose)) else { return Ok(()); };
        let expected = polygon.signed_distance_m(at);
        prop_assert!((moved.signed_distance_m(pose * at) - expected).abs() < 1e-9);
    }

    #[test]
    fn orientation_first_vertex_and_a_repeated_end_do_not_matter(
        polygon in polygon(), first in 0_usize..16, is_reversed: bool, is_closed: bool, at in point(),
    ) {
        let mut vertices = placed(&polygon, Pose2::IDENTITY);
        let count = vertices.len();
        vertices.rotate_left(first % count);
        if is_reversed {
            vertices.reverse();
        }
        if is_closed {
            vertices.push(vertices[0]);
        }
        let same = Polygon::new(&vertices).unwrap();
        prop_assert!(same.area_m2() > 0.0);
        prop_assert_eq!(same.vertices().len(), count);
        let expected = polygon.signed_distance_m(at);
        prop_assert!((same.signed_distance_m(at) - expected).abs() < 1e-12);
    }

    #[test]
    fn the_distance_is_that_to_the_nearest_of_many_points_of_the_outline(
        polygon in polygon(), at in point(),
    ) {
        let points = polygon.edges().flat_map(|(from, to)| {
            (0..200).map(move |part| from + (to - from) * (f64::from(part) / 200.0))
        });
        let sampled = points.map(|p| (p - at).norm()).fold(f64::INFINITY, f64::min);
        let exact = polygon.signed_distance_m(at).abs();
        prop_assert!(exact <= sampled + 1e-12 && exact >= sampled - 0.01);
        let footprint = Footprint::Polygon { vertices: polygon };
        let inside = footprint.nearest_inside(at);
        prop_assert!(((inside - at).norm() - footprint.signed_distance_m(at).max(0.0)).abs() < 1e-12);
        prop_assert!(inside.coords.norm() <= footprint.circumscribed_radius_m() + 1e-12);
        let inscribed_m = footprint.inscribed_radius_m();
        prop_assert!(at.coords.norm() >= inscribed_m || footprint.signed_distance_m(at) <= 0.0);
    }

    #[test]
    fn a_clipped_segment_is_inside_where_its_points_are(
        polygon in polygon(), (a, b) in (point(), point()), share in 0.0_f64..1.0,
    ) {
        let parts: Vec<_> = polygon.clip(a, b).collect();
        for pair in parts.windows(2) {
            prop_assert!(pair[0].1 < pair[1].0);
        }
        let distance_m = polygon.signed_distance_m(a + (b - a) * share);
        let is_in = parts.iter().any(|&(enter, leave)| (enter..=leave).contains(&share));
        prop_assert!(distance_m.abs() < 1e-9 || is_in == (distance_m < 0.0));
    }

    #[test]
    fn points_within_the_offset_are_inside_the_grown_polygon(
        polygon in polygon(), by_m in 0.0_f64..0.2, at in point(),
    ) {
        let grown = polygon.grown(by_m);
        let within_m = polygon.signed_distance_m(at) - by_m;
        prop_assert!(within_m > -1e-9 || grown.signed_distance_m(at) <= 1e-9);
        prop_assert!(grown.vertices().len() <= polygon.vertices().len());
        prop_assert!(grown.area_m2() > 0.0);
        // the exact offset is never nearer to the configured outline than the padding
        for (from, to) in grown.edges() {
            for part in 0..50 {
                let on_edge = from + (to - from) * (f64::from(part) / 50.0);
                prop_assert!(polygon.signed_distance_m(on_edge) >= by_m - 1e-9);
            }
        }
    }

    #[test]
    fn the_text_form_round_trips(polygon in polygon()) {
        let footprint = Footprint::Polygon { vertices: polygon };
        let text = toml::to_string(&footprint).unwrap();
        prop_assert_eq!(toml::from_str::<Footprint>(&text).unwrap(), footprint);
        let nav2 = format!("{:?}", placed(&polygon, Pose2::IDENTITY));
        prop_assert_eq!(nav2.parse::<Polygon>().unwrap(), polygon);
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Robot {
    footprint: Footprint,
}

#[test]
fn one_line_of_settings_gives_a_polygon() {
    let list = "footprint = { shape = \"polygon\", vertices = [[0.6, 0.25], [0.6, -0.25], [-0.2, -0.25], [-0.2, 0.25]] }";
    let text = "footprint = { shape = \"polygon\", vertices = \" [ [0.6, .25],[0.6,-0.25] , [-2e-1, -0.25], [-0.2, 0.25]] \" }";
    let [list, text] = [list, text].map(|line| toml::from_str::<Robot>(line).unwrap().footprint);
    assert_eq!(list, text);
    assert_eq!(list.inscribed_radius_m(), 0.2);
    assert_eq!(list.reach_x_m(), [-0.2, 0.6]);
    assert_eq!(list.signed_distance_m(Point2::new(1.0, 0.0)), 0.4);
    let whole =
        "footprint = { shape = \"polygon\", vertices = [[1, 1], [-1, 1], [-1, -1], [1, -1]] }";
    let whole = toml::from_str::<Robot>(whole).unwrap().footprint;
    assert_eq!(whole.inscribed_radius_m(), 1.0);
}

#[test]
fn the_notch_of_an_l_is_outside() {
    let l = [
        [0.6, 0.1],
        [0.1, 0.1],
        [0.1, 0.4],
        [-0.2, 0.4],
        [-0.2, -0.1],
        [0.6, -0.1],
    ];
    let polygon = Polygon::new(&l).unwrap();
    assert!(polygon.contains(Point2::new(0.0, 0.3)));
    assert!(!polygon.contains(Point2::new(0.3, 0.3)));
    assert!((polygon.signed_distance_m(Point2::new(0.3, 0.3)) - 0.2).abs() < 1e-12);
    // a line across the nose and the back, through the notch
    let (a, b) = (Point2::new(-1.0, 0.6), Point2::new(1.0, -0.1));
    assert_eq!(polygon.clip(a, b).count(), 2);
}

#[test]
fn a_notch_that_the_offset_closes_is_filled() {
    let slot = [
        [-0.3, -0.3],
        [0.5, -0.3],
        [0.5, -0.01],
        [0.1, -0.01],
        [0.1, 0.01],
        [0.5, 0.01],
        [0.5, 0.3],
        [-0.3, 0.3],
    ];
    let grown = Polygon::new(&slot).unwrap().grown(0.03);
    assert_eq!(grown.vertices().len(), 4);
    assert!(grown.contains(Point2::new(0.52, 0.0)));
}

#[test]
fn invalid_polygons_are_rejected_with_the_reason() {
    let refused = |vertices: &[[f64; 2]]| Polygon::new(vertices).unwrap_err().to_string();
    let circle = |count: u32| -> Vec<[f64; 2]> {
        let angle = |index: u32| std::f64::consts::TAU * f64::from(index) / f64::from(count);
        (0..count)
            .map(|index| [angle(index).cos(), angle(index).sin()])
            .collect()
    };
    assert_eq!(refused(&[]), "polygon has 0 vertices: expected 3 to 16");
    assert_eq!(
        refused(&[[1.0, 0.0], [-1.0, 0.0], [1.0, 0.0]]),
        "polygon has 2 vertices: expected 3 to 16"
    );
    assert_eq!(
        refused(&circle(17)),
        "polygon has 17 vertices: expected 3 to 16"
    );
    assert!(Polygon::new(&circle(16)).is_ok());
    assert_eq!(
        refused(&[[1.0, 0.0], [0.0, f64::NAN], [-1.0, -1.0]]),
        "polygon vertex 1 is [0, NaN]: expected finite coordinates within 10 m"
    );
    assert_eq!(
        refused(&[[11.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]),
        "polygon vertex 0 is [11, 0]: expected finite coordinates within 10 m"
    );
    assert_eq!(
        refused(&[[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [-1.0, -1.0]]),
        "polygon vertices 1 and 2 coincide: expected at least 1 mm between them"
    );
    assert_eq!(
        refused(&[[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]),
        "polygon edges 0 and 2 cross or touch: expected the vertices in order along the outline"
    );
    assert_eq!(
        refused(&[[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]),
        "polygon vertex 0 has an angle of 0.0 degrees: expected at least 5"
    );
    assert_eq!(
        refused(&[[0.003, 0.0], [0.0, 0.003], [-0.001, -0.001]]),
        "polygon area is 7.5e-6 m^2: expected at least 1e-5"
    );
    assert_eq!(
        refused(&[[1.0, -1.0], [1.0, 1.0], [0.5, 1.0], [0.5, -1.0]]),
        "polygon does not hold the origin of the base frame (signed distance 0.500 m): \
         expected it inside, 2 mm from the outline, because the robot turns about it"
    );
    let text = |text: &str| text.parse::<Polygon>().unwrap_err().to_string();
    let expected = "polygon text: expected vertices as \"[[x, y], [x, y], ...]\", found ";
    for (written, found) in [
        ("", "\"\""),
        ("?", "\"?\""),
        ("[]", "\"]\""),
        ("[[1, 2], [3]]", "\"]]\""),
        ("[[1, a], [3, 4]]", "\"a], [3, 4]]\""),
        ("[[1, 2], [3, 4], [0, 1]] 5", "\"5\""),
    ] {
        assert_eq!(text(written), format!("{expected}{found}"));
    }
    assert_eq!(
        text(&"[".repeat(3000)),
        format!("{expected}3000 characters")
    );
    let error =
        toml::from_str::<Robot>("footprint = { shape = \"polygon\", vertices = [[1, 0], [0, 1]] }");
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("polygon has 2 vertices: expected 3 to 16"),
        "{message}"
    );
}
