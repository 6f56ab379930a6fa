//! Multi-object tracker: associates the clusters of scans with tracks.

use super::arrivals::{Arrivals, Met};
use super::cluster::Clusters;
use super::filter::Filter;
use super::{MOVING_MPS, Track, TrackingSettings};
use crate::{GridFrame, OccupancyGrid, Point2, Ray, Return, Snapshot, Stamp, Vector2};

/// Maximum number of simultaneous tracks.
pub(crate) const TRACKS_MAX: usize = 96;
/// Maximum number of clusters in a scan.
const CLUSTERS_MAX: usize = 192;

/// Margin beyond the disc of a track within which endpoints belong to it, m.
const PASSING_M: f64 = 0.1;

/// Times closer than this are equal, s.
const SAME_S: f64 = 1e-6;
/// Time for which cells that a track has left may remain occupied in the map, s.
const WAKE_S: f64 = 1.0;
/// Margin beyond the disc of a track within which cells belong to it, m.
const SWEEP_M: f64 = 0.05;
/// Overhang of a tracked object above or below the scan plane, m.
const OVERHANG_M: f64 = 0.25;

/// Share of the difference in radius that a track adopts from a wider and from a narrower cluster.
/// The share is smaller for narrower ones because an object that leaves the field of view is only
/// partly visible.
const WIDEN: f64 = 0.5;
const NARROW: f64 = 0.03;

/// Track with its history.
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
        self.scans >= settings.confirm_scans && followed_s >= settings.confirm_s - SAME_S
    }

    fn is_moving(&self) -> bool {
        self.filter.velocity.norm() > MOVING_MPS.max(self.filter.vv.sqrt())
    }

    /// True if the track moves and its disc covers `place`.
    fn passes(&self, place: Point2) -> bool {
        (place - self.filter.position).norm() <= self.radius_m + PASSING_M && self.is_moving()
    }

    /// True for places that the disc covers or has left within the last [`WAKE_S`].
    fn sweeps(&self, place: Point2) -> bool {
        let off = place - self.filter.position;
        let back = -self.filter.velocity * WAKE_S;
        let share = (off.dot(&back) / back.norm_squared().max(1e-12)).clamp(0.0, 1.0);
        (off - back * share).norm() <= self.radius_m + SWEEP_M
    }
}

/// Candidate association of a cluster with a track.
#[derive(Debug, Clone, Copy)]
struct Pair {
    distance_sq: f64,
    track: usize,
    cluster: usize,
}

/// Tracks moving objects from scan to scan.
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

    /// Processes the rays of a scan, in the order of its beams. `grid` is the map before the scan.
    /// A scan that is not newer than the last one is ignored.
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
            let met = self.arrivals.meets(grid, ray.end, blur_m, stamp);
            self.clusters.add(ray, met, &self.settings);
            if met == Met::Arrival && self.tracks.iter().any(|track| track.passes(ray.end)) {
                self.arrivals.renew(ray.end, stamp);
            }
        }
        self.associate(stamp);
    }

    /// Assigns each cluster to the nearest track, nearest pairs first; the remaining clusters start
    /// tracks.
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
            let wider_m = cluster.radius_m(settings) - track.radius_m;
            let middle = cluster.middle(settings);
            track.filter.correct(middle, (-wider_m).max(0.0), settings);
            let share = if wider_m > 0.0 { WIDEN } else { NARROW };
            track.radius_m += share * wider_m;
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

    /// Writes the discs of all tracks with a margin for the overhang outside the scan plane.
    /// Tentative tracks are included once they were detected twice.
    pub(crate) fn discs(&self, discs: &mut Vec<(Point2, f64)>) {
        discs.extend(
            (self.tracks.iter().filter(|track| track.scans > 1))
                .map(|track| (track.filter.position, track.radius_m + OVERHANG_M)),
        );
    }

    /// Writes the indices of dynamic cells of `frame` in ascending order, as many as `cells` has
    /// room for.
    ///
    /// A cell is dynamic if it recently became occupied, according to planar scans or to `came`, or
    /// if a confirmed moving track covers it or has just left it.
    pub(crate) fn moving_cells(
        &self,
        frame: &GridFrame,
        cells: &mut Vec<u32>,
        came: impl Fn(usize) -> bool,
    ) {
        cells.clear();
        let Some(stamp) = self.stamp else {
            return;
        };
        let moving = |track: &&Followed| track.is_confirmed(&self.settings) && track.is_moving();
        for track in self.tracks.iter().filter(moving) {
            let reach_m = track.radius_m + SWEEP_M + track.filter.velocity.norm() * WAKE_S;
            let reach = Vector2::repeat(reach_m);
            let (left, bottom) = frame.signed_cell(track.filter.position - reach);
            let (right, top) = frame.signed_cell(track.filter.position + reach);
            for row in bottom.max(0)..=top.min(frame.height as i64 - 1) {
                for column in left.max(0)..=right.min(frame.width as i64 - 1) {
                    let (column, row) = (column as usize, row as usize);
                    let index = frame.index(column, row);
                    if cells.len() < cells.capacity()
                        && (self.arrivals.came_lately(index, stamp) || came(index))
                        && track.sweeps(frame.centre_of(column, row))
                    {
                        cells.push(index as u32);
                    }
                }
            }
        }
        cells.sort_unstable();
        cells.dedup();
    }

    /// True if an obstacle observed at `place` may no longer be there: the cell became occupied
    /// within the settling time, or a moving track covers it or has just left it.
    pub(crate) fn may_have_gone(&self, place: Point2, now: Stamp) -> bool {
        let moving = |track: &&Followed| track.is_confirmed(&self.settings) && track.is_moving();
        let mut moving = self.tracks.iter().filter(moving);
        self.arrivals.came_lately_to(place, now) || moving.any(|track| track.sweeps(place))
    }

    /// Writes the tracks, predicted to the time of a snapshot.
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
