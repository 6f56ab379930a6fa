//! From scans to tracks.

use super::arrivals::Arrivals;
use super::cluster::Clusters;
use super::filter::Filter;
use super::{Track, TrackingSettings};
use crate::{GridFrame, OccupancyGrid, Point2, Ray, Return, Snapshot, Stamp};

/// Tracks at a time.
const TRACKS_MAX: usize = 96;
/// Clusters of a scan.
const CLUSTERS_MAX: usize = 192;

/// What is slower does not pass, m/s.
const PASSING_MPS: f64 = 0.2;
/// How far beyond a track's disc what it takes up may reach, m.
const PASSING_M: f64 = 0.1;

/// A track with its past.
#[derive(Debug, Clone)]
struct Followed {
    id: u64,
    filter: Filter,
    radius_m: f64,
    first: Stamp,
    last: Stamp,
    scans: u32,
}

impl Followed {
    fn is_confirmed(&self, settings: &TrackingSettings) -> bool {
        let followed_s = self.last.secs_since(self.first);
        self.scans >= settings.confirm_scans
            || (self.scans >= CONFIRM_SCANS_SLOW && followed_s >= settings.confirm_s)
    }

    /// True when it moves, and takes up a place.
    fn passes(&self, place: Point2) -> bool {
        (place - self.filter.position).norm() <= self.radius_m + PASSING_M
            && self.filter.velocity.norm() > PASSING_MPS.max(self.filter.vv.sqrt())
    }
}

/// Scans over `confirm_s` that confirm a track where the scan rate is low.
const CONFIRM_SCANS_SLOW: u32 = 3;

/// A cluster that may be a track's.
#[derive(Debug, Clone, Copy)]
struct Pair {
    distance_sq: f64,
    track: usize,
    cluster: usize,
}

/// Follows movers from scan to scan.
#[derive(Debug, Clone)]
pub(crate) struct Tracker {
    settings: TrackingSettings,
    arrivals: Arrivals,
    clusters: Clusters,
    tracks: Vec<Followed>,
    pairs: Vec<Pair>,
    is_taken: [bool; CLUSTERS_MAX],
    is_seen: [bool; TRACKS_MAX],
    stamp: Option<Stamp>,
    born: u64,
}

impl Tracker {
    pub(crate) fn new(settings: TrackingSettings, frame: GridFrame) -> Self {
        Self {
            settings,
            arrivals: Arrivals::new(frame, settings.settle_s),
            clusters: Clusters::new(CLUSTERS_MAX),
            tracks: Vec::with_capacity(TRACKS_MAX),
            pairs: Vec::with_capacity(TRACKS_MAX * CLUSTERS_MAX),
            is_taken: [false; CLUSTERS_MAX],
            is_seen: [false; TRACKS_MAX],
            stamp: None,
            born: 0,
        }
    }

    pub(crate) fn forget(&mut self) {
        self.arrivals.forget();
        self.tracks.clear();
        self.stamp = None;
        self.born = 0;
    }

    /// Takes in the rays of a scan, in the order of its beams. `grid` is the map before it. A scan
    /// that is no newer than the last one says nothing.
    pub(crate) fn observe(&mut self, stamp: Stamp, grid: &OccupancyGrid, rays: &[Ray]) {
        let elapsed_s = match self.stamp {
            Some(last) if stamp <= last => return,
            Some(last) => stamp.secs_since(last),
            None => 0.0,
        };
        self.stamp = Some(stamp);
        self.arrivals.follow(*grid.frame());
        self.clusters.clear();
        for track in &mut self.tracks {
            track.filter.predict(elapsed_s, &self.settings);
        }
        for ray in rays.iter().filter(|ray| ray.outcome == Return::Hit) {
            let range_m = (ray.end - ray.origin).norm();
            let blur_m = self.settings.blur_m + self.settings.blur_rad * range_m;
            if self.arrivals.meets(grid, ray.end, blur_m, stamp) {
                self.clusters.add(ray, &self.settings);
                if self.tracks.iter().any(|track| track.passes(ray.end)) {
                    self.arrivals.renew(ray.end, stamp);
                }
            }
        }
        self.associate(stamp);
    }

    /// Gives each cluster to the nearest track, nearest pairs first; the rest are new.
    fn associate(&mut self, stamp: Stamp) {
        let Self {
            settings,
            clusters,
            tracks,
            pairs,
            is_taken,
            is_seen,
            born,
            ..
        } = self;
        let clusters = clusters.finish(settings);
        pairs.clear();
        for (number, track) in tracks.iter().enumerate() {
            let gate_m = track.filter.gate_m(settings);
            for (cluster, found) in clusters.iter().enumerate() {
                let away = found.middle(settings) - track.filter.position;
                if away.norm() <= gate_m {
                    pairs.push(Pair {
                        distance_sq: away.norm_squared(),
                        track: number,
                        cluster,
                    });
                }
            }
        }
        pairs.sort_unstable_by(|a, b| {
            (a.distance_sq.total_cmp(&b.distance_sq))
                .then(a.track.cmp(&b.track))
                .then(a.cluster.cmp(&b.cluster))
        });
        is_taken.fill(false);
        is_seen.fill(false);
        for pair in &*pairs {
            if is_taken[pair.cluster] || is_seen[pair.track] {
                continue;
            }
            is_taken[pair.cluster] = true;
            is_seen[pair.track] = true;
            let (track, cluster) = (&mut tracks[pair.track], &clusters[pair.cluster]);
            track.filter.correct(cluster.middle(settings), settings);
            let wider = cluster.radius_m(settings) - track.radius_m;
            track.radius_m += if wider > 0.0 {
                0.5 * wider
            } else {
                0.1 * wider
            };
            track.last = stamp;
            track.scans += 1;
        }
        tracks.retain(|track| {
            let unseen_s = stamp.secs_since(track.last);
            unseen_s <= 0.0 || (track.is_confirmed(settings) && unseen_s <= settings.coast_s)
        });
        for (cluster, taken) in clusters.iter().zip(is_taken) {
            if !*taken && tracks.len() < TRACKS_MAX {
                *born += 1;
                tracks.push(Followed {
                    id: *born,
                    filter: Filter::new(cluster.middle(settings), settings),
                    radius_m: cluster.radius_m(settings),
                    first: stamp,
                    last: stamp,
                    scans: 1,
                });
            }
        }
    }

    /// Writes what moves, as it is at the time of a snapshot.
    pub(crate) fn tell(&self, now: Stamp, told: &mut Snapshot) {
        let Snapshot {
            tracks, suspects, ..
        } = told;
        tracks.clear();
        suspects.clear();
        tracks.reserve(TRACKS_MAX);
        suspects.reserve(TRACKS_MAX);
        let Some(stamp) = self.stamp else {
            return;
        };
        for track in &self.tracks {
            if !track.is_confirmed(&self.settings) {
                if track.scans > 1 {
                    suspects.push(track.filter.position);
                }
                continue;
            }
            let mut filter = track.filter;
            filter.predict(now.secs_since(stamp).max(0.0), &self.settings);
            tracks.push(Track {
                id: track.id,
                position: filter.position,
                velocity: filter.velocity,
                radius_m: track.radius_m,
                position_sd_m: filter.pp.sqrt(),
                velocity_sd_mps: filter.vv.sqrt(),
                age_s: now.secs_since(track.first),
                unseen_s: now.secs_since(track.last),
            });
        }
    }
}
