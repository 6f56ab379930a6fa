//! A world and what moves in it, at one moment.

use nalgebra::Vector3;
use perception::{Footprint, Point3, Pose2};

use super::bundle::RayBundle;
use super::{Gap, Mover, World};

/// Tag of the floor in a bundle; solids have their number, movers theirs after `MOVERS`.
const FLOOR: u32 = u32::MAX - 1;
const MOVERS: u32 = 1 << 31;

/// The world at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// What stays.
    pub world: &'a World,
    /// What moves, where it is.
    pub movers: &'a [Mover],
}

/// The world as time passes: a sensor asks for the moment of every ray.
pub trait Surroundings {
    /// The scene so many seconds after the sensor's first ray.
    fn at(&mut self, elapsed_s: f64) -> Scene<'_>;
}

/// A world where nothing moves.
impl Surroundings for &World {
    fn at(&mut self, _: f64) -> Scene<'_> {
        Scene {
            world: self,
            movers: &[],
        }
    }
}

/// A moment that lasts.
impl Surroundings for Scene<'_> {
    fn at(&mut self, _: f64) -> Scene<'_> {
        *self
    }
}

/// What a ray met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// How far away, m.
    pub distance_m: f64,
    /// Unit normal of the surface, toward the ray's origin.
    pub normal: Vector3<f64>,
}

impl Scene<'_> {
    /// What a ray of light meets first from `origin` in the unit direction `along`: the floor, a
    /// solid that is not of glass, a mover; none within `reach_m`. A ray that starts in a solid
    /// meets it at once.
    pub fn cast(&self, origin: Point3, along: Vector3<f64>, reach_m: f64) -> Option<Hit> {
        let (mut rays, mut own) = (RayBundle::new(), RayBundle::new());
        rays.start(origin, reach_m);
        rays.push(along);
        rays.is_narrow();
        self.cast_bundle(&mut rays, &mut own);
        let distance_m = rays.hit_m(0)?;
        let normal = self.normal_of(&rays, 0)?;
        Some(Hit { distance_m, normal })
    }

    /// Shortens all rays of a bundle to what they meet first; `own` is memory. Allocates nothing
    /// once both are warm.
    pub(crate) fn cast_bundle(&self, rays: &mut RayBundle, own: &mut RayBundle) {
        self.world.floor.cast(rays, FLOOR);
        for (number, mover) in self.movers.iter().enumerate() {
            mover.cast(rays, own, MOVERS + number as u32);
        }
        self.world.hierarchy.for_each_met(rays, |rays, number| {
            self.world.solids[number].cast(rays, number as u32);
        });
    }

    /// Unit normal, toward the origin, of what a ray of a bundle met.
    pub(crate) fn normal_of(&self, rays: &RayBundle, ray: usize) -> Option<Vector3<f64>> {
        let along = rays.along(ray);
        let point = rays.origin() + along * rays.hit_m(ray)?;
        let normal = match rays.struck(ray)? {
            FLOOR => self.world.floor.normal_at(point),
            tag if tag >= MOVERS => self.movers[(tag - MOVERS) as usize].normal_at(point),
            tag => self.world.solids[tag as usize].normal_at(point),
        };
        Some(if normal.dot(&along) > 0.0 {
            -normal
        } else {
            normal
        })
    }

    /// The gap between a robot and the nearest obstacle or mover, as [`World::gap`] has it.
    pub fn gap(
        &self,
        footprint: &Footprint,
        height_m: f64,
        world_from_base: Pose2,
        reach_m: f64,
    ) -> Option<Gap> {
        let still = self
            .world
            .gap(footprint, height_m, world_from_base, reach_m);
        self.gap_to_movers(footprint, height_m, world_from_base, reach_m)
            .into_iter()
            .chain(still)
            .reduce(Gap::nearer)
    }

    /// The gap between a robot and the nearest mover; none within `reach_m`.
    pub fn gap_to_movers(
        &self,
        footprint: &Footprint,
        height_m: f64,
        world_from_base: Pose2,
        reach_m: f64,
    ) -> Option<Gap> {
        let floor_m = self.world.floor_m(world_from_base.position());
        self.movers
            .iter()
            .filter_map(|mover| mover.gap(footprint, floor_m, height_m, world_from_base, reach_m))
            .reduce(Gap::nearer)
    }
}

#[cfg(test)]
mod tests;
