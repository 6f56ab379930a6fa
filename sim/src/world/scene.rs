//! A world and its movers at one time.

use nalgebra::Vector3;
use perception::{Footprint, Point3, Pose2};

use super::bundle::RayBundle;
use super::{Gap, Mover, World};

/// Tag of the floor in a bundle. Solids have their index as tag, movers their index after `MOVERS`.
const FLOOR: u32 = u32::MAX - 1;
const MOVERS: u32 = 1 << 31;

/// The world at one time.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Static world.
    pub world: &'a World,
    /// Movers at their current poses.
    pub movers: &'a [Mover],
}

/// The world over time: a sensor queries the time of every ray.
pub trait Surroundings {
    /// The scene at a time after the sensor's first ray, s.
    fn at(&mut self, elapsed_s: f64) -> Scene<'_>;
}

/// A world without movers.
impl Surroundings for &World {
    fn at(&mut self, _: f64) -> Scene<'_> {
        Scene {
            world: self,
            movers: &[],
        }
    }
}

/// A constant scene.
impl Surroundings for Scene<'_> {
    fn at(&mut self, _: f64) -> Scene<'_> {
        *self
    }
}

/// Hit of a ray.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Range, m.
    pub distance_m: f64,
    /// Unit normal of the surface, toward the ray's origin.
    pub normal: Vector3<f64>,
}

impl Scene<'_> {
    /// The first hit of a ray of light from `origin` in the unit direction `along`: the floor, a
    /// solid other than glass, a mover; none beyond `reach_m`. A ray that starts in a solid hits it
    /// immediately.
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

    /// Shortens all rays of a bundle to their first hit; `own` is a buffer. Does not allocate once
    /// both are warm.
    pub(crate) fn cast_bundle(&self, rays: &mut RayBundle, own: &mut RayBundle) {
        self.world.floor.cast(rays, FLOOR);
        for (number, mover) in self.movers.iter().enumerate() {
            mover.cast(rays, own, MOVERS + number as u32);
        }
        self.world.hierarchy.for_each_met(rays, |rays, number| {
            self.world.solids[number].cast(rays, number as u32);
        });
    }

    /// Unit normal, toward the origin, of the surface that a ray hit.
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

    /// The gap between a robot and the nearest obstacle or mover, as in [`World::gap`].
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

    /// The gap between a robot and the nearest mover; none beyond `reach_m`.
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
