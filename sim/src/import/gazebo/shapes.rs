//! Conversion of collision shapes to obstacles: an outline and a height band.
//!
//! A shape may be rotated by right angles. A sphere is replaced by its circumscribed cylinder, a
//! horizontal cylinder or capsule by its bounding box.

use nalgebra::Vector3;
use perception::{Point2, Pose2, Pose3};
use roxmltree::Node;

use super::frames::numbers;
use super::{GazeboError, child, refused};
use crate::{Obstacle, Shape};

/// Minimum cosine between an upright axis and the vertical.
const UPRIGHT: f64 = 1.0 - 1e-6;
/// Maximum sine between a level axis and the ground.
const LEVEL: f64 = 1e-3;
/// Expected content of a length.
const LENGTH: &str = "a length above 0, up to 20000 m";

/// The obstacle of a `<collision>` at a pose in the world; none for the ground and for empty
/// shapes.
pub(super) fn obstacle(
    collision: Node<'_, '_>,
    model: &str,
    at: &Pose3,
    scale: [f64; 3],
) -> Result<Option<Obstacle>, GazeboError> {
    let Some(geometry) = child(collision, "geometry") else {
        return Err(refused(collision, "geometry", model, "missing", "a shape"));
    };
    let size = if let Some(cylinder) = child(geometry, "cylinder") {
        let [radius_m] = lengths(cylinder, "radius", model, LENGTH)?;
        let [height_m] = lengths(cylinder, "length", model, LENGTH)?;
        Solid::Round([radius_m, 0.5 * height_m])
    } else if let Some(capsule) = child(geometry, "capsule") {
        let [radius_m] = lengths(capsule, "radius", model, LENGTH)?;
        let [height_m] = lengths(capsule, "length", model, LENGTH)?;
        Solid::Round([radius_m, 0.5 * height_m + radius_m])
    } else if let Some(sphere) = child(geometry, "sphere") {
        let [radius_m] = lengths(sphere, "radius", model, LENGTH)?;
        Solid::Sphere(radius_m)
    } else if let Some(cuboid) = child(geometry, "box") {
        let expected = "three lengths above 0, up to 20000 m";
        Solid::Box(lengths(cuboid, "size", model, expected)?)
    } else if let Some(plane) = child(geometry, "plane") {
        return ground(plane, model, at).map(|()| None);
    } else if child(geometry, "empty").is_some() {
        return Ok(None);
    } else {
        let found = geometry
            .children()
            .find(Node::is_element)
            .map_or("empty".to_owned(), |node| {
                format!("<{}>", node.tag_name().name())
            });
        let expected = "a cylinder, a box, a sphere, a capsule or a plane";
        return Err(refused(geometry, "geometry", model, &found, expected));
    };
    let Some((shape, half_m)) = size.scaled(scale).standing(at) else {
        let found = at.rotation.euler_angles();
        let found = format!("turned by roll {:.4}, pitch {:.4} rad", found.0, found.1);
        let expected = "x y z roll pitch yaw, within 20 km, without roll and pitch but right angles, and \
                        round shapes scaled alike across";
        return Err(refused(collision, "pose", model, &found, expected));
    };
    let middle_m = at.translation.z;
    Ok(Some(Obstacle::between(
        shape,
        middle_m - half_m,
        middle_m + half_m,
    )))
}

/// A shape around its centre; lengths in m.
enum Solid {
    /// Radius and half height along z.
    Round([f64; 2]),
    Sphere(f64),
    Box([f64; 3]),
    /// A round shape with unequal scales.
    Uneven,
}

impl Solid {
    fn scaled(self, scale: [f64; 3]) -> Self {
        let [x, y, z] = scale;
        if scale == [1.0; 3] {
            return self;
        }
        match self {
            Self::Box([a, b, c]) => Self::Box([a * x, b * y, c * z]),
            Self::Round([radius_m, half_m]) if x == y => Self::Round([radius_m * x, half_m * z]),
            Self::Sphere(radius_m) if x == y && y == z => Self::Sphere(radius_m * x),
            Self::Round(_) | Self::Sphere(_) | Self::Uneven => Self::Uneven,
        }
    }

    /// Outline and half height of the shape at a pose; none if an axis is tilted.
    fn standing(self, at: &Pose3) -> Option<(Shape, f64)> {
        let axes = [Vector3::x(), Vector3::y(), Vector3::z()].map(|axis| at.rotation * axis);
        let upright = axes.iter().position(|axis| axis.z.abs() >= UPRIGHT);
        let centre = Point2::new(at.translation.x, at.translation.y);
        let along = |axis: usize| {
            let axis: Vector3<f64> = axes[axis];
            Pose2::new(centre.x, centre.y, axis.y.atan2(axis.x))
        };
        let lying = |axis: usize, [radius_m, half_m]: [f64; 2]| {
            (
                Shape::rectangle(along(axis), 2.0 * half_m, 2.0 * radius_m),
                radius_m,
            )
        };
        Some(match (self, upright) {
            (Self::Sphere(radius_m), _) => (Shape::Circle { centre, radius_m }, radius_m),
            (Self::Round([radius_m, half_m]), Some(2)) => {
                (Shape::Circle { centre, radius_m }, half_m)
            }
            // a level axis is horizontal for any roll
            (Self::Round(size), _) if axes[2].z.abs() <= LEVEL => lying(2, size),
            (Self::Box(size), Some(up)) => {
                let (one, other) = [(1, 2), (0, 2), (0, 1)][up];
                (
                    Shape::rectangle(along(one), size[one], size[other]),
                    0.5 * size[up],
                )
            }
            _ => return None,
        })
    }
}

/// Rejects a plane that is not level, which is an infinite wall.
fn ground(plane: Node<'_, '_>, model: &str, at: &Pose3) -> Result<(), GazeboError> {
    let expected = "0 0 1, a level plane";
    let normal = match child(plane, "normal") {
        Some(normal) => Vector3::from(numbers::<3>(normal, "normal", model, expected)?),
        None => Vector3::z(),
    };
    let up = at.rotation * normal;
    if up.norm() > 0.0 && up.z / up.norm() >= 0.999 {
        return Ok(());
    }
    let found = format!("{:.3} {:.3} {:.3} in the world", up.x, up.y, up.z);
    Err(refused(plane, "normal", model, &found, expected))
}

fn lengths<const N: usize>(
    of: Node<'_, '_>,
    element: &'static str,
    model: &str,
    expected: &'static str,
) -> Result<[f64; N], GazeboError> {
    let node =
        child(of, element).ok_or_else(|| refused(of, element, model, "missing", expected))?;
    let values: [f64; N] = numbers(node, element, model, expected)?;
    if values.iter().all(|&length| length > 0.0) {
        Ok(values)
    } else {
        let found = node.text().unwrap_or_default().trim();
        Err(refused(node, element, model, found, expected))
    }
}
