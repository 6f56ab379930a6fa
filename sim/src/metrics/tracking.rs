//! Accuracy of tracks against the ground truth of a drive.
//!
//! ```text
//! truth       a mover faster than 0.3 m/s, within 6 m, hit by 3 beams of every scan for 0.5 s
//! match       the track that followed it at the tick before, while within 0.5 m, or else the nearest
//! recall      matches / truths            precision   matches / (matches + false tracks)
//! MOTA        1 − (misses + false tracks + switches of identity) / truths
//! ```
//!
//! A false track is a moving track without a mover. Bernardin and Stiefelhagen, "Evaluating
//! multiple object tracking performance: the CLEAR MOT metrics", 2008.

use perception::{LaserScan, Point2, Pose2, Track, Vector2};
use serde::{Deserialize, Serialize};

use crate::drive::TickView;

/// Minimum speed of a ground-truth mover, m/s.
const MOVING_MPS: f64 = 0.3;
/// Maximum distance of a ground-truth mover from the scanner, m.
const RANGE_M: f64 = 6.0;
/// Minimum number of beams that hit a mover in sight.
const BEAMS_MIN: usize = 3;
/// Maximum distance of an endpoint from the outline of a mover that it hits, m.
const OUTLINE_M: f64 = 0.15;
/// Time in sight after which a mover should have a track, s.
const KNOWN_S: f64 = 0.5;
/// Maximum distance between a mover and its track, m.
const MATCH_M: f64 = 0.5;

/// Matching state of a mover.
#[derive(Debug, Clone, Copy, Default)]
struct Followed {
    place: Option<Point2>,
    in_sight_since_s: Option<f64>,
    /// The last track matched to it.
    track: Option<u64>,
    /// A track was matched since it came into sight.
    is_confirmed: bool,
}

/// Counts and errors of tracks in drives.
#[derive(Debug, Clone, Default)]
pub struct TrackingTally {
    movers: Vec<Followed>,
    last_s: Option<f64>,
    truths: u64,
    matches: u64,
    false_tracks: u64,
    switches: u64,
    never_confirmed: u64,
    position_errors_m: Vec<f64>,
    velocity_errors_mps: Vec<f64>,
    confirmed_s: Vec<f64>,
}

/// Accuracy of tracks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrackingMetrics {
    /// Ground-truth movers, summed over ticks.
    pub truths: u64,
    /// Share of ground-truth movers with a track.
    pub recall: f64,
    /// Share of moving tracks with a mover.
    pub precision: f64,
    /// Accuracy of multiple object tracking.
    pub mota: f64,
    /// Changes of the track matched to a mover.
    pub identity_switches: u64,
    /// Distance between track and mover, m.
    pub position_error_m_mean: f64,
    /// Difference of velocities of track and mover, m/s.
    pub velocity_error_mps_mean: f64,
    /// 90th percentile of the velocity error, m/s.
    pub velocity_error_mps_p90: f64,
    /// Time from first sight to the first match, s, median.
    pub confirmed_s_median: f64,
    /// 90th percentile of that time, s.
    pub confirmed_s_p90: f64,
    /// Movers that left sight after 0.5 s without a match.
    pub never_confirmed: u64,
}

impl TrackingTally {
    /// Adds a tick of a drive.
    pub fn look(&mut self, view: &TickView<'_>) {
        let world_from_odom = view.world_from_base * view.odom_from_base.inverse();
        let tracks = &view.snapshot.tracks;
        let elapsed_s = self.last_s.replace(view.t_s).map(|last| view.t_s - last);
        self.movers.resize(view.movers.len(), Followed::default());
        let mut is_taken = vec![false; tracks.len()];
        let lidar = view.world_from_base * view.base_from_lidar;
        for (index, mover) in view.movers.iter().enumerate() {
            let place = mover.world_from_mover.position();
            let radius_m = mover.radius_m();
            for (track, is_taken) in tracks.iter().zip(&mut is_taken) {
                let off_m = (world_from_odom * track.position - place).norm();
                *is_taken |= mover.is_there && off_m <= radius_m + MATCH_M;
            }
            let followed = &mut self.movers[index];
            let before = followed.place.replace(place);
            let (Some(before), Some(elapsed_s)) = (before, elapsed_s) else {
                continue;
            };
            let velocity = (place - before) / elapsed_s;
            let is_asked_for = mover.is_there
                && velocity.norm() >= MOVING_MPS
                && (place - lidar.position()).norm() <= RANGE_M;
            let is_met = view
                .scan
                .map(|scan| is_in_sight(scan, lidar, place, radius_m));
            if !is_asked_for || is_met == Some(false) {
                let lost_s = followed
                    .in_sight_since_s
                    .take()
                    .map(|since| view.t_s - since);
                let is_missed = lost_s.is_some_and(|s| s >= KNOWN_S) && !followed.is_confirmed;
                self.never_confirmed += u64::from(is_missed);
                followed.is_confirmed = false;
                continue;
            }
            let since_s = *followed.in_sight_since_s.get_or_insert(view.t_s);
            self.compare(index, tracks, world_from_odom, velocity, view.t_s - since_s);
        }
        let is_false = |(track, taken): &(&Track, &bool)| track.is_moving() && !**taken;
        self.false_tracks += tracks.iter().zip(&is_taken).filter(is_false).count() as u64;
    }

    /// Matches a mover in sight with a track.
    fn compare(
        &mut self,
        index: usize,
        tracks: &[Track],
        world_from_odom: Pose2,
        velocity: Vector2,
        in_sight_s: f64,
    ) {
        let followed = &mut self.movers[index];
        let Some(place) = followed.place else {
            return;
        };
        let off_m = |track: &&Track| (world_from_odom * track.position - place).norm();
        let near = || tracks.iter().filter(|track| off_m(track) <= MATCH_M);
        let matched = near()
            .find(|track| Some(track.id) == followed.track)
            .or_else(|| near().min_by(|a, b| off_m(a).total_cmp(&off_m(b))));
        if let Some(track) = matched {
            if !followed.is_confirmed {
                followed.is_confirmed = true;
                self.confirmed_s.push(in_sight_s);
            }
            let is_switched = followed
                .track
                .replace(track.id)
                .is_some_and(|id| id != track.id);
            self.switches += u64::from(is_switched && in_sight_s >= KNOWN_S);
        }
        if in_sight_s < KNOWN_S {
            return;
        }
        self.truths += 1;
        let Some(track) = matched else {
            return;
        };
        self.matches += 1;
        let rotated = nalgebra::Rotation2::new(world_from_odom.yaw) * track.velocity;
        self.position_errors_m.push(off_m(&track));
        self.velocity_errors_mps.push((rotated - velocity).norm());
    }

    /// Adds the counts of another tally. Each drive has its own tally.
    pub fn add(&mut self, other: &Self) {
        self.truths += other.truths;
        self.matches += other.matches;
        self.false_tracks += other.false_tracks;
        self.switches += other.switches;
        self.never_confirmed += other.never_confirmed;
        self.position_errors_m.extend(&other.position_errors_m);
        self.velocity_errors_mps.extend(&other.velocity_errors_mps);
        self.confirmed_s.extend(&other.confirmed_s);
    }

    /// Velocity errors of all matches, m/s.
    pub fn velocity_errors_mps(&self) -> &[f64] {
        &self.velocity_errors_mps
    }

    /// Position errors of all matches, m.
    pub fn position_errors_m(&self) -> &[f64] {
        &self.position_errors_m
    }

    /// Metrics of the counts. Shares are 1 and errors 0 if nothing moved.
    pub fn metrics(&self) -> TrackingMetrics {
        let share = |part: u64, whole: u64| match whole {
            0 => 1.0,
            _ => part as f64 / whole as f64,
        };
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let wrong = (self.truths - self.matches) + self.false_tracks + self.switches;
        TrackingMetrics {
            truths: self.truths,
            recall: share(self.matches, self.truths),
            precision: share(self.matches, self.matches + self.false_tracks),
            mota: 1.0 - wrong as f64 / self.truths.max(1) as f64,
            identity_switches: self.switches,
            position_error_m_mean: mean(&self.position_errors_m),
            velocity_error_mps_mean: mean(&self.velocity_errors_mps),
            velocity_error_mps_p90: quantile(&self.velocity_errors_mps, 0.9),
            confirmed_s_median: quantile(&self.confirmed_s, 0.5),
            confirmed_s_p90: quantile(&self.confirmed_s, 0.9),
            never_confirmed: self.never_confirmed,
        }
    }
}

/// True if enough beams of a scan end on the near side of a disc.
fn is_in_sight(scan: &LaserScan, lidar: Pose2, place: Point2, radius_m: f64) -> bool {
    let meets = |index: &usize| {
        let range_m = f64::from(scan.ranges[*index]);
        let (sin, cos) = (lidar.yaw + scan.angle(*index)).sin_cos();
        let end = lidar.position() + Vector2::new(cos, sin) * range_m;
        range_m.is_finite() && ((end - place).norm() - radius_m).abs() <= OUTLINE_M
    };
    (0..scan.ranges.len()).filter(meets).count() >= BEAMS_MIN
}

/// Quantile `share` of the values; 0 without values.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(0.0)
}
