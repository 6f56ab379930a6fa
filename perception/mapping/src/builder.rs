//! A map from scans whose poses odometry tells roughly: each scan is matched to the map so far.
//!
//! ```text
//! map_from_base = match(map_from_odom · odom_from_base),  map_from_odom keeps the difference
//! ```
//!
//! Drift is corrected against what stands nearby; there is no loop closure: a long way round a
//! building ends off by what the matches left.

use serde::{Deserialize, Serialize};

use super::refine::mean_likelihood;
use super::{LikelihoodField, PosePrior, SearchWindow, refine, search};
use crate::StaticMap;
use crate::{MapBuilder, MapBuilderSettings};
use perception::{
    OccupancyGrid, Point2, Pose2, Ray, Return, SensorError, SettingsError, Vector2, wrap_angle,
};

/// Levels of the pyramid of the local search: 8 cells at once.
const LEVELS: usize = 4;
/// Fewer returns tell no pose.
const POINTS_MIN: usize = 20;

/// How scans are matched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchingSettings {
    /// Deviation of a return from the map, m.
    pub sigma_m: f64,
    /// Deviation of odometry between scans: places, m.
    pub prior_place_m: f64,
    /// Deviation of odometry between scans: headings, rad.
    pub prior_turn_rad: f64,
    /// A match of less is looked for in the window of the search, 0 to 1.
    pub score_min: f64,
    /// Half the side of the window, m.
    pub search_half_side_m: f64,
    /// Half the turn of the window, rad.
    pub search_half_turn_rad: f64,
    /// The map that is matched to is renewed after this way, m.
    pub renew_distance_m: f64,
    /// The map that is matched to is renewed after this turn, rad.
    pub renew_turn_rad: f64,
}

impl Default for MatchingSettings {
    fn default() -> Self {
        Self {
            sigma_m: 0.1,
            prior_place_m: 0.03,
            prior_turn_rad: 0.02,
            score_min: 0.5,
            search_half_side_m: 0.4,
            search_half_turn_rad: 0.3,
            renew_distance_m: 0.1,
            renew_turn_rad: 0.05,
        }
    }
}

impl MatchingSettings {
    /// Refuses what matches nothing.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "matching";
        SettingsError::ensure_within(
            section,
            &[
                ("sigma_m", self.sigma_m, 0.001..=10.0),
                ("prior_place_m", self.prior_place_m, 1e-4..=100.0),
                ("prior_turn_rad", self.prior_turn_rad, 1e-4..=7.0),
                ("renew_distance_m", self.renew_distance_m, 0.001..=100.0),
                ("renew_turn_rad", self.renew_turn_rad, 0.001..=7.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("search_half_side_m", self.search_half_side_m, 0.0..=10.0),
                ("search_half_turn_rad", self.search_half_turn_rad, 0.0..=3.2),
            ],
        )?;
        let allowed = (0.0..1.0).contains(&self.score_min);
        SettingsError::ensure(allowed, section, "score_min", &self.score_min, "0 to 1")
    }
}

/// Where a scan was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracked {
    /// Pose of the base in the map.
    pub map_from_base: Pose2,
    /// Mean likelihood of the returns, 0 to 1; none when there was nothing to match to.
    pub score: Option<f64>,
    /// True when the pose of odometry was so far off that it had to be searched.
    pub searched: bool,
}

/// A map that grows with scans whose poses are corrected by what the map shows.
#[derive(Debug, Clone)]
pub struct MatchedMapBuilder {
    settings: MatchingSettings,
    builder: MapBuilder,
    field: LikelihoodField,
    map_from_odom: Pose2,
    /// Pose at which the field was last made.
    renewed_at: Option<Pose2>,
    points: Vec<Point2>,
    rays: Vec<Ray>,
}

impl MatchedMapBuilder {
    /// An empty map; its frame is that of the odometry at the first scan.
    pub fn new(map: MapBuilderSettings, settings: MatchingSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            builder: MapBuilder::new(map)?,
            field: LikelihoodField::new(settings.sigma_m, LEVELS),
            map_from_odom: Pose2::IDENTITY,
            renewed_at: None,
            points: Vec::new(),
            rays: Vec::new(),
            settings,
        })
    }

    /// Finds the pose of a scan and, when it is to be kept, adds the scan to the map: its rays in the
    /// base frame, and where odometry has that frame. The first scan is always kept.
    pub fn add(
        &mut self,
        odom_from_base: Pose2,
        rays: &[Ray],
        keep: bool,
    ) -> Result<Tracked, SensorError> {
        let guess = self.map_from_odom * odom_from_base;
        self.points.clear();
        let hits = rays.iter().filter(|ray| ray.outcome == Return::Hit);
        self.points.extend(hits.map(|ray| ray.end));
        let tracked = self.track(guess);
        self.map_from_odom = tracked.map_from_base * odom_from_base.inverse();
        if !keep && self.renewed_at.is_some() {
            return Ok(tracked);
        }
        self.rays.clear();
        self.rays.extend(rays.iter().map(|ray| Ray {
            origin: tracked.map_from_base * ray.origin,
            end: tracked.map_from_base * ray.end,
            outcome: ray.outcome,
        }));
        self.builder.add_rays(&self.rays)?;
        self.renew(tracked.map_from_base);
        Ok(tracked)
    }

    /// What is known so far.
    pub fn grid(&self) -> &OccupancyGrid {
        self.builder.grid()
    }

    /// The map so far.
    pub fn finish(&self) -> StaticMap {
        self.builder.finish()
    }

    fn track(&self, guess: Pose2) -> Tracked {
        let settings = &self.settings;
        let as_told = Tracked {
            map_from_base: guess,
            score: None,
            searched: false,
        };
        if self.renewed_at.is_none() || self.points.len() < POINTS_MIN {
            return as_told;
        }
        let prior = PosePrior {
            place_m: settings.prior_place_m,
            turn_rad: settings.prior_turn_rad,
        };
        let near = refine(&self.field, &self.points, guess, Some(prior));
        if near.score >= settings.score_min {
            return Tracked {
                map_from_base: near.pose,
                score: Some(near.score),
                searched: false,
            };
        }
        let window = SearchWindow {
            half_side_m: settings.search_half_side_m,
            half_turn_rad: settings.search_half_turn_rad,
        };
        let found = search(&self.field, &self.points, guess, window)
            .map(|found| refine(&self.field, &self.points, found.pose, Some(prior)))
            .filter(|found| found.score > near.score && found.score >= settings.score_min);
        match found {
            Some(found) => Tracked {
                map_from_base: found.pose,
                score: Some(found.score),
                searched: true,
            },
            // a place that was never seen: odometry is all there is
            None => Tracked {
                score: Some(mean_likelihood(&self.field, &self.points, guess)),
                ..as_told
            },
        }
    }

    /// Makes the field anew about a pose when the last one is too far behind.
    fn renew(&mut self, pose: Pose2) {
        let is_near = |last: Pose2| {
            (pose.position() - last.position()).norm() < self.settings.renew_distance_m
                && wrap_angle(pose.yaw - last.yaw).abs() < self.settings.renew_turn_rad
        };
        if self.renewed_at.is_some_and(is_near) {
            return;
        }
        let place = pose.position();
        let ends = self.rays.iter().map(|ray| ray.end);
        let (low, high) = ends.fold((place, place), |(low, high), end| {
            (low.inf(&end), high.sup(&end))
        });
        let margin = Vector2::repeat(
            1.0 + self.settings.search_half_side_m + self.settings.renew_distance_m,
        );
        self.field
            .update_from_grid(self.builder.grid(), low - margin, high + margin);
        self.renewed_at = Some(pose);
    }
}
