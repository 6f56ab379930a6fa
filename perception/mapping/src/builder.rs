//! Builds a map from scans with approximate odometry: each scan is matched to the map built so far.
//!
//! ```text
//! map_from_base = match(map_from_odom · odom_from_base),  map_from_odom keeps the difference
//! ```
//!
//! The matching corrects drift relative to nearby obstacles. There is no loop closure: after a long
//! loop through a building the residual errors of the matches remain.

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
/// Minimum number of returns for a match.
const POINTS_MIN: usize = 20;

/// Parameters of scan matching.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MatchingSettings {
    /// Standard deviation of a return from the map, m.
    pub sigma_m: f64,
    /// Standard deviation of the odometry's position between scans, m.
    pub prior_place_m: f64,
    /// Standard deviation of the odometry's heading between scans, rad.
    pub prior_turn_rad: f64,
    /// Minimum score of a match, 0 to 1; below it the search window is searched.
    pub score_min: f64,
    /// Half the side of the search window, m.
    pub search_half_side_m: f64,
    /// Half the rotation range of the search window, rad.
    pub search_half_turn_rad: f64,
    /// Distance after which the likelihood field is recomputed, m.
    pub renew_distance_m: f64,
    /// Rotation after which the likelihood field is recomputed, rad.
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
    /// Rejects settings with which no scan can be matched.
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

/// Estimated pose of a scan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tracked {
    /// Pose of the base in the map.
    pub map_from_base: Pose2,
    /// Mean likelihood of the returns, 0 to 1; `None` if there was no map to match.
    pub score: Option<f64>,
    /// True if the error of the odometry required a search of the window.
    pub searched: bool,
}

/// Builds a map from scans whose poses are corrected by scan matching.
#[derive(Debug, Clone)]
pub struct MatchedMapBuilder {
    settings: MatchingSettings,
    builder: MapBuilder,
    field: LikelihoodField,
    map_from_odom: Pose2,
    /// Pose at which the likelihood field was last computed.
    renewed_at: Option<Pose2>,
    points: Vec<Point2>,
    rays: Vec<Ray>,
}

impl MatchedMapBuilder {
    /// Creates an empty map; its frame is that of the odometry at the first scan.
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

    /// Estimates the pose of a scan and, if requested, adds the scan to the map. The rays are in
    /// the base frame, and `odom_from_base` is the pose of that frame by odometry. The first scan
    /// is always added.
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

    /// Current occupancy grid.
    pub fn grid(&self) -> &OccupancyGrid {
        self.builder.grid()
    }

    /// Current map.
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
            // unobserved area: odometry is the only source
            None => Tracked {
                score: Some(mean_likelihood(&self.field, &self.points, guess)),
                ..as_told
            },
        }
    }

    /// Recomputes the likelihood field around a pose if the last one is too far away.
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
