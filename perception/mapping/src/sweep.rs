//! Motion compensation (deskewing) of planar scans.

use perception::{LaserScan, Pose2, Ray, Stamp};

/// Rays of a scan, limited to `reach_m`, in the base frame at the scan's stamp. Each beam starts at
/// the scanner's position at the time of the beam. `odom_from_base` returns the pose at a time; the
/// result is `None` if it has none.
pub fn sweep_rays(
    scan: &LaserScan,
    stamp: Stamp,
    base_from_lidar: Pose2,
    reach_m: f64,
    odom_from_base: impl Fn(Stamp) -> Option<Pose2>,
    rays: &mut Vec<Ray>,
) -> Option<Pose2> {
    rays.clear();
    let odom_from_start = odom_from_base(stamp)?;
    let start_from_odom = odom_from_start.inverse();
    let step_ns = scan.time_increment * 1e9;
    for index in 0..scan.ranges.len() {
        let lidar = if step_ns == 0.0 {
            base_from_lidar
        } else {
            let time = Stamp(stamp.0.saturating_add((step_ns * index as f64) as i64));
            start_from_odom * odom_from_base(time)? * base_from_lidar
        };
        rays.extend(scan.ray(index, lidar, reach_m));
    }
    Some(odom_from_start)
}
