//! Plausibility checks of sensor messages before they enter the map.

use super::Mapper;
use crate::sight::{OdometryMonitor, ScanMonitor, StreamMonitor};
use crate::{
    Beam, DepthImage, LaserScan, Odometry, PointCloud, Pose2, Pose3, Ray, Return, SensorHealth,
    SightLayer, Snapshot, Stamp,
};

/// Monitors of the sensors and their results.
#[derive(Debug, Clone, Default)]
pub(super) struct Belief {
    health: SensorHealth,
    scan: ScanMonitor,
    cloud: StreamMonitor,
    depth: StreamMonitor,
    odometry: OdometryMonitor,
    pub(super) sight: SightLayer,
    /// Range over which each beam of the current scan was free, m; negative for a beam without
    /// information.
    pub(super) reach_m: Vec<f32>,
}

impl Belief {
    pub(super) fn forget(&mut self) {
        self.health = SensorHealth::default();
        self.scan.forget();
        self.cloud.forget();
        self.depth.forget();
        self.odometry.forget();
        self.sight.forget();
    }

    /// Checks odometry. Returns true after a jump: earlier observations then have the wrong
    /// position.
    pub(super) fn judge_odometry(&mut self, stamp: Stamp, odometry: &Odometry) -> bool {
        let Some(fault) = self.odometry.judge(stamp, odometry) else {
            return false;
        };
        self.health.odometry = Some((stamp, fault));
        self.scan.forget_surfaces();
        self.sight.forget();
        true
    }

    /// True if the sweep is integrated into the map.
    pub(super) fn believes_cloud(
        &mut self,
        stamp: Stamp,
        base_from_lidar: &Pose3,
        base: Pose2,
        cloud: &PointCloud,
    ) -> bool {
        let fault = self
            .cloud
            .judge_cloud(stamp, base_from_lidar, base, &cloud.points);
        self.health.cloud = self.cloud.worst();
        fault.is_none()
    }

    /// True if the depth image is integrated into the map.
    pub(super) fn believes_depth(
        &mut self,
        stamp: Stamp,
        base_from_camera: &Pose3,
        base: Pose2,
        image: &DepthImage,
    ) -> bool {
        let fault = self.depth.judge_depth(stamp, base_from_camera, base, image);
        self.health.depth = self.depth.worst();
        fault.is_none()
    }
}

impl Mapper {
    /// True if the scan is integrated into the map. Its rays must have been placed before.
    pub(super) fn believes_scan(
        &mut self,
        stamp: Stamp,
        base: Pose2,
        base_from_lidar: Pose2,
        scan: &LaserScan,
    ) -> bool {
        let belief = &mut self.belief;
        let period_s = belief.health.scan.period_s;
        let tracker = self.tracker.as_ref();
        let verdict = belief.scan.judge(
            stamp,
            [base, base_from_lidar],
            scan,
            &self.rays,
            period_s,
            &|place| tracker.is_some_and(|tracker| tracker.may_have_gone(place, stamp)),
        );
        belief
            .health
            .scan
            .note(stamp, verdict.fault, verdict.is_accepted);
        belief.health.sectors = belief.scan.sectors;
        if verdict.is_accepted {
            belief.sight.follow(base.position());
            if verdict.is_reconciled {
                belief.sight.forget();
                self.grid.forget();
                self.surfaces.forget();
                if let Some(tracker) = &mut self.tracker {
                    tracker.forget();
                }
            }
            let belief = &mut self.belief;
            let lost = belief.scan.lost;
            if lost.any() {
                let bearing = |ray: &Ray| {
                    let along = ray.end - ray.origin;
                    along.y.atan2(along.x) - base.yaw
                };
                self.rays
                    .retain(|ray| ray.outcome == Return::Hit || !lost.contains(bearing(ray)));
                for (index, reach_m) in belief.reach_m.iter_mut().enumerate() {
                    let bearing = base_from_lidar.yaw + scan.angle(index);
                    if scan.beam(index) == Beam::Miss && lost.contains(bearing) {
                        *reach_m = -1.0;
                    }
                }
            }
            let lidar = base * base_from_lidar;
            belief.sight.observe(stamp, lidar, scan, &belief.reach_m);
        }
        verdict.is_accepted
    }

    /// Writes the observation times of cells and the state of the sensors to the snapshot.
    pub(super) fn tell_belief(&self, snapshot: &mut Snapshot) {
        snapshot.health = self.belief.health;
        snapshot.sight.copy_from(&self.belief.sight);
        if let Some(fusion) = &self.fusion {
            snapshot.sight.merge(&fusion.volume().sight);
        }
    }
}
