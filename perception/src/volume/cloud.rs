//! Clouds as sightings.

use super::CloudSettings;
use super::lattice::{Placement, SensorPath};
use super::sightings::{End, Sightings};
use crate::PointCloud;

impl Sightings {
    /// Adds a sweep; `placements` are those of the path's poses.
    pub(crate) fn add_cloud(
        &mut self,
        settings: &CloudSettings,
        path: &SensorPath<'_>,
        placements: &[Placement],
        cloud: &PointCloud,
        floor: impl Fn(usize, usize) -> i32,
    ) {
        let nearest_squared = (settings.range_min_m * settings.range_min_m) as f32;
        let range = settings.range_max_m as f32;
        self.begin_message();
        for point in &cloud.points {
            let [x, y, z] = point.position;
            let range_squared = x * x + y * y + z * z;
            if range_squared < nearest_squared {
                continue;
            }
            let placement = &placements[path.index(point.time_s)];
            if range_squared <= range * range {
                let end = placement.place(point.position);
                if !placement.is_robot(end) {
                    self.see(placement, end, End::Hit, 1.0, &floor);
                }
            } else {
                let share = range / range_squared.sqrt();
                let end = placement.place([share * x, share * y, share * z]);
                self.see(placement, end, End::Nothing, 1.0, &floor);
            }
        }
        self.end_message();
    }
}
