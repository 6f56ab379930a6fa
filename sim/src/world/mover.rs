//! Moving objects: pedestrians, carts, other robots.

use perception::{Footprint, Pose2, Vector2};

use super::bundle::RayBundle;
use super::primitive::Primitive;
use super::solid::Solid;
use super::{Gap, Material, Obstacle, Shape, WorldError};

/// A moving solid at one time.
#[derive(Debug, Clone)]
pub struct Mover {
    body: Obstacle,
    parts: Vec<Primitive>,
    solid: Solid,
    /// Maximum distance of its outline from its origin, m.
    radius_m: f64,
    /// Current pose.
    pub world_from_mover: Pose2,
    /// False if absent: invisible and without contact.
    pub is_there: bool,
}

impl Mover {
    /// A body at a pose, its outline in its own frame.
    pub fn new(body: Obstacle, world_from_mover: Pose2) -> Result<Self, WorldError> {
        // the checks of a world apply to the obstacle
        super::World::new(vec![body.clone()])?;
        let mut parts = Vec::new();
        body.shape
            .for_each_primitive(&mut |primitive| parts.push(primitive));
        let radius_m = parts
            .iter()
            .map(|part| {
                let (low, high) = part.bounds();
                low.coords.abs().sup(&high.coords.abs()).norm()
            })
            .fold(0.0, f64::max);
        Ok(Self {
            parts,
            solid: Solid::new(&body),
            radius_m,
            body,
            world_from_mover,
            is_there: true,
        })
    }

    /// An upright cylinder, such as a pedestrian; lengths in m.
    pub fn upright(
        radius_m: f64,
        height_m: f64,
        world_from_mover: Pose2,
    ) -> Result<Self, WorldError> {
        let centre = perception::Point2::origin();
        let body = Obstacle::standing(Shape::Circle { centre, radius_m }, height_m);
        Self::new(body, world_from_mover)
    }

    /// Radius of the enclosing disc around its origin, m.
    pub fn radius_m(&self) -> f64 {
        match self.body.shape {
            Shape::Circle { centre, radius_m } => centre.coords.norm() + radius_m,
            _ => self.radius_m,
        }
    }

    /// The body, its outline in its own frame.
    pub fn body(&self) -> &Obstacle {
        &self.body
    }

    /// The body at its pose, world frame.
    pub fn placed(&self) -> Obstacle {
        Obstacle {
            shape: self.body.shape.moved(self.world_from_mover),
            ..self.body.clone()
        }
    }

    /// The gap to a robot at a pose on floor of a given height; none beyond `reach_m`.
    pub(super) fn gap(
        &self,
        footprint: &Footprint,
        floor_m: f64,
        height_m: f64,
        world_from_base: Pose2,
        reach_m: f64,
    ) -> Option<Gap> {
        let apart = (world_from_base.position() - self.world_from_mover.position()).norm()
            - footprint.circumscribed_radius_m()
            - self.radius_m;
        let is_level = self.body.z_max_m > floor_m && self.body.z_min_m < floor_m + height_m;
        if apart > reach_m || !is_level || !self.is_there {
            return None;
        }
        let mover_from_base = self.world_from_mover.inverse() * world_from_base;
        let mut gap = self
            .parts
            .iter()
            .map(|part| part.gap(footprint, mover_from_base))
            .fold(Gap::NONE, Gap::nearer);
        let centre = mover_from_base.position();
        if gap.distance_m > 0.0 && self.body.shape.encloses(centre) {
            gap = Gap {
                distance_m: -gap.distance_m,
                point: centre,
            };
        }
        gap.point = self.world_from_mover * gap.point;
        Some(gap).filter(|gap| gap.distance_m <= reach_m)
    }

    /// Shortens the rays that hit it; `own` is a buffer for the rays in its frame.
    pub(super) fn cast(&self, rays: &mut RayBundle, own: &mut RayBundle, tag: u32) {
        if self.body.material != Material::Opaque || !self.is_there {
            return;
        }
        let away = rays.origin().xy() - self.world_from_mover.position();
        let (bottom, top) = (
            self.body.z_min_m - rays.origin().z,
            self.body.z_max_m - rays.origin().z,
        );
        let met = rays.may_meet_body(|normal| {
            let flat: Vector2 = normal.xy();
            flat.norm() * self.radius_m - flat.dot(&away) + (normal.z * bottom).max(normal.z * top)
        });
        if met {
            own.see_from(rays, self.world_from_mover.inverse());
            self.solid.cast(own, tag);
            rays.shorten_to(own);
        }
    }

    /// Unit normal of its surface at a point, world frame.
    pub(super) fn normal_at(&self, point: perception::Point3) -> nalgebra::Vector3<f64> {
        let flat = self.world_from_mover.inverse() * point.xy();
        let normal = self
            .solid
            .normal_at(perception::Point3::new(flat.x, flat.y, point.z));
        let turned = self.world_from_mover.rotate(normal.xy());
        nalgebra::Vector3::new(turned.x, turned.y, normal.z)
    }
}
