//! Passive motion safety: at rest before anybody can be touched.
//!
//! ```text
//! for all t ≤ t_stop + t_rest, all movers i:
//!     | p_disc(min(t, t_stop)) − (p_i + v_i t) |  ≥  r_disc + r_i + margin + σ_p + spread · t
//! ```
//!
//! `t_stop` is when the robot, told the command for its reaction time and then to brake, stands. A
//! contact, if there is one, then finds it at rest for `t_rest`. Nobody promises that it is not
//! touched: a robot cannot, where there are people faster than it.
//!
//! Sources: Bouraine, Fraichard, Salhi, "Provably safe navigation for mobile robots with limited
//! field-of-views in dynamic environments", 2012; Maček, Vasquez Govea, Fraichard, Siegwart,
//! "Towards safe vehicle navigation in dynamic urban scenarios", 2009.

use perception::{Point2, Pose2, SettingsError, Track};
use serde::{Deserialize, Serialize};

use super::stop::{STEP_S, Stop};
use crate::cost::FootprintDiscs;

/// What is kept clear of movers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PassiveSettings {
    /// Commands are held to it.
    pub enabled: bool,
    /// Time for which the robot has been at rest before it can be touched, s.
    pub standing_for_s: f64,
    /// Distance between outlines that counts as touching, m.
    pub margin_m: f64,
    /// How fast a mover's way spreads about what its velocity says, m/s.
    pub spread_mps: f64,
    /// What is slower stands: the map holds it, m/s.
    pub speed_min_mps: f64,
}

impl Default for PassiveSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            standing_for_s: 0.7,
            margin_m: 0.05,
            spread_mps: 0.3,
            speed_min_mps: 0.35,
        }
    }
}

impl PassiveSettings {
    /// Refuses negative times and distances.
    pub fn validate(&self) -> Result<(), SettingsError> {
        SettingsError::ensure_not_negative(
            "guard.passive",
            &[
                ("standing_for_s", self.standing_for_s),
                ("margin_m", self.margin_m),
                ("spread_mps", self.spread_mps),
                ("speed_min_mps", self.speed_min_mps),
            ],
        )
    }

    /// True when the robot is at rest in time before any mover touches it. Tracks are those of
    /// `late_s` ago. A footprint that is one disc about the axis does not change on the spot.
    pub(super) fn holds(
        &self,
        tracks: &[Track],
        late_s: f64,
        discs: &FootprintDiscs,
        base: Pose2,
        stop: &Stop,
    ) -> bool {
        let turns_in_place = discs.offsets_m.iter().all(|offset| *offset == 0.0);
        if !self.enabled || stop.stands() || (stop.only_turns() && turns_in_place) {
            return true;
        }
        tracks
            .iter()
            .filter(|track| track.moves(self.speed_min_mps))
            .all(|track| self.is_clear_of(track, late_s, discs, base, stop.clone()))
    }

    fn is_clear_of(
        &self,
        track: &Track,
        late_s: f64,
        discs: &FootprintDiscs,
        base: Pose2,
        mut stop: Stop,
    ) -> bool {
        let (mut base, mut elapsed_s, mut rested_s) = (base, 0.0, 0.0);
        loop {
            let apart_m = discs.radius_m
                + track.radius_m
                + self.margin_m
                + track.position_sd_m
                + self.spread_mps * elapsed_s;
            let mover = track.position + track.velocity * (elapsed_s + late_s);
            let (sin, cos) = base.yaw.sin_cos();
            let touches = discs.offsets_m.iter().any(|&offset| {
                let disc = Point2::new(base.x + offset * cos, base.y + offset * sin);
                (mover - disc).norm_squared() < apart_m * apart_m
            });
            if touches {
                return false;
            }
            if let Some(next) = stop.next_pose(base) {
                base = next;
            } else if rested_s >= self.standing_for_s {
                return true;
            } else {
                rested_s += STEP_S;
            }
            elapsed_s += STEP_S;
        }
    }
}
