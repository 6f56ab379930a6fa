//! The social force (Helbing and Molnár, "Social force model for pedestrian dynamics", 1995).
//!
//! ```text
//! dv/dt = (v⁰ e − v) / τ + Σ_β w f_β + f_wall          |v| ≤ 1.3 v⁰
//! f_β   = −∇ V⁰ exp(−(b − c) / σ),   2 b = √((|r| + |r − y|)² − |y|²),   y = (v_β − v) Δt
//! f_wall = (U⁰ / R) exp(−d / R) n,   U⁰ = 10 m²/s², R = 0.2 m
//! w = 1 for sources within 100° of the desired direction e, else 0.5
//! ```
//!
//! The robot is rigid: pedestrians do not push against it. Its outline exerts the body force of
//! Helbing, Farkas and Vicsek ("Simulating dynamical features of escape panic", 2000; their 2000 N,
//! 80 kg and 0.08 m):
//!
//! ```text
//! f_hard = A exp(−d / B) n,   A = 25 m/s², B = 0.08 m
//! ```
//!
//! `r` is the vector from the other body to the pedestrian, `d` and `n` distance and direction from
//! the nearest wall. The step `y` uses the relative velocity (specification II of Johansson,
//! Helbing and Shukla 2007), so that a walking pedestrian also avoids a stationary one. Pedestrians
//! of the model are points; `c` extends the force by the distance of two touching bodies beyond
//! [`POINTS_APART_M`].

use perception::{Point2, Vector2};

use super::Temper;

/// Distance of the centres of two touching pedestrians in the point model, m.
const POINTS_APART_M: f64 = 0.3;
/// Strength of the wall force, U⁰, m²/s².
const WALL_PUSH_M2PS2: f64 = 10.0;
/// Range of the wall force, R, m.
const WALL_REACH_M: f64 = 0.2;
/// Strength of the force of rigid bodies, A, m/s².
const HARD_PUSH_MPS2: f64 = 25.0;
/// Range of the force of rigid bodies, B, m.
const HARD_REACH_M: f64 = 0.08;
/// Cosine of the limit of the field of view, 100° from the desired direction.
const SIGHT_COS: f64 = -0.173_648_177_666_930_3;
/// Weight of sources outside the field of view.
const UNSEEN: f64 = 0.5;
/// Maximum magnitude of each force, m/s².
pub(super) const PUSH_MAX_MPS2: f64 = 6.0;

/// Position, velocity and size of a body, as pedestrians perceive it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// Centre, world frame.
    pub position: Point2,
    /// Velocity, m/s.
    pub velocity: Vector2,
    /// Radius, m.
    pub radius_m: f64,
}

/// Driving force toward the desired velocity `wish`, m/s².
pub(super) fn drive(temper: &Temper, own: &Body, wish: Vector2) -> Vector2 {
    (wish - own.velocity) / temper.relaxation_s
}

/// Repulsive force of another body, m/s².
pub(super) fn from_body(temper: &Temper, own: &Body, other: &Body, ahead: Vector2) -> Vector2 {
    let away = own.position - other.position;
    let distance_m = away.norm();
    if distance_m < 1e-6 {
        return Vector2::zeros();
    }
    let step = (other.velocity - own.velocity) * temper.foresight_s;
    let from_step = away - step;
    let from_step_m = from_step.norm().max(1e-6);
    let sum = distance_m + from_step_m;
    let b = 0.5 * (sum * sum - step.norm_squared()).max(1e-4).sqrt();
    let slope = (away / distance_m + from_step / from_step_m) * (sum / (4.0 * b));
    let apart_m = own.radius_m + other.radius_m - POINTS_APART_M;
    let strength = temper.push_m2ps2 / temper.reach_m * ((apart_m - b) / temper.reach_m).exp();
    let seen = if ahead.dot(&-away) >= SIGHT_COS * distance_m * ahead.norm() {
        1.0
    } else {
        UNSEEN
    };
    limited(slope * (strength * seen))
}

/// Repulsive force of the nearest point of a wall, `distance_m` from the body's centre, m/s².
pub(super) fn from_wall(own: &Body, nearest: Point2, distance_m: f64) -> Vector2 {
    let Some(normal) = (own.position - nearest).try_normalize(1e-9) else {
        return Vector2::zeros();
    };
    let strength = WALL_PUSH_M2PS2 / WALL_REACH_M * (-distance_m / WALL_REACH_M).exp();
    normal * strength
}

/// Repulsive force of the outline of a nearby rigid body, m/s².
pub(super) fn from_hard(own: &Body, other: &Body) -> Vector2 {
    let away = own.position - other.position;
    let Some(normal) = away.try_normalize(1e-6) else {
        return Vector2::zeros();
    };
    let gap_m = (away.norm() - own.radius_m - other.radius_m).max(0.0);
    normal * (HARD_PUSH_MPS2 * (-gap_m / HARD_REACH_M).exp())
}

/// A force limited to [`PUSH_MAX_MPS2`].
fn limited(push: Vector2) -> Vector2 {
    let norm = push.norm();
    if norm > PUSH_MAX_MPS2 {
        push * (PUSH_MAX_MPS2 / norm)
    } else {
        push
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPER: Temper = Temper {
        relaxation_s: 0.5,
        push_m2ps2: 2.1,
        reach_m: 0.3,
        foresight_s: 1.0,
        heed: 1.0,
    };

    fn body(x: f64, y: f64, vx: f64, vy: f64) -> Body {
        Body {
            position: Point2::new(x, y),
            velocity: Vector2::new(vx, vy),
            radius_m: 0.25,
        }
    }

    /// The potential V⁰ exp(−(b − c) / σ); the force must be its negative gradient.
    fn potential(own: Point2, other: &Body, step: Vector2) -> f64 {
        let away = own - other.position;
        let sum = away.norm() + (away - step).norm();
        let b = 0.5 * (sum * sum - step.norm_squared()).sqrt();
        TEMPER.push_m2ps2 * ((0.2 - b) / TEMPER.reach_m).exp()
    }

    #[test]
    fn the_push_is_the_slope_of_the_potential() {
        let other = body(0.0, 0.0, -0.7, 0.2);
        for (x, y) in [(1.0, 0.3), (-0.8, 0.9), (0.6, -1.1), (1.5, 1.5)] {
            let own = body(x, y, 0.4, -0.1);
            let step = (other.velocity - own.velocity) * TEMPER.foresight_s;
            // the desired direction points at the other body, so that it is in the field of view
            let push = from_body(&TEMPER, &own, &other, -own.position.coords);
            let at =
                |dx: f64, dy: f64| potential(own.position + Vector2::new(dx, dy), &other, step);
            let h = 1e-6;
            let slope = Vector2::new(
                (at(h, 0.0) - at(-h, 0.0)) / (2.0 * h),
                (at(0.0, h) - at(0.0, -h)) / (2.0 * h),
            );
            assert!(
                (push + slope).norm() < 1e-5 * (1.0 + slope.norm()),
                "{push} {slope}"
            );
        }
    }

    #[test]
    fn sources_behind_a_pedestrian_have_half_the_force() {
        let (own, other) = (body(0.0, 0.0, 0.0, 0.0), body(1.0, 0.0, 0.0, 0.0));
        let ahead = from_body(&TEMPER, &own, &other, Vector2::new(1.0, 0.0));
        let behind = from_body(&TEMPER, &own, &other, Vector2::new(-1.0, 0.0));
        assert!((ahead - behind * 2.0).norm() < 1e-12);
        assert!(ahead.x < 0.0);
    }

    #[test]
    fn wall_force_equals_the_published_formula() {
        let own = body(0.0, 0.5, 0.0, 0.0);
        let push = from_wall(&own, Point2::new(0.0, 0.0), 0.5);
        assert!((push - Vector2::new(0.0, 50.0 * (-2.5_f64).exp())).norm() < 1e-12);
    }

    #[test]
    fn rigid_bodies_repel_at_short_range() {
        let other = body(0.0, 0.0, 0.0, 0.0);
        let push = |x: f64| from_hard(&body(x, 0.0, 0.0, 0.0), &other);
        assert!((push(0.5) - Vector2::new(25.0, 0.0)).norm() < 1e-12);
        assert!((push(0.58).x - 25.0 * (-1.0_f64).exp()).abs() < 1e-9);
        assert!(push(1.0).x < 0.1);
    }
}
