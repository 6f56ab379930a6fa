//! Ground truth of pedestrians for the expert.

use std::sync::{Arc, Mutex, PoisonError};

use perception::Point2;

use super::yielding::{STEP_S, STEPS};
use crate::crowd::{Companion, Crowd};
use crate::world::World;

/// Prediction steps beyond those of a motion.
const BEYOND: usize = 8;
/// Maximum age of the ground truth, s.
const AGE_MAX_S: f64 = 0.3;

/// Mailbox of ground truth for an expert. The observer of a drive fills it every tick; the expert
/// uses it from the next tick on.
#[derive(Debug, Clone, Default)]
pub struct Company(Arc<Mutex<Option<News>>>);

/// Pedestrians and the time of the observation.
#[derive(Debug, Clone)]
struct News {
    companions: Arc<[Companion]>,
    seen_s: f64,
}

impl Company {
    /// Stores the pedestrians visible from `from` at a time since the start of the drive, s.
    /// Occluded pedestrians are omitted: a learner could not see them either.
    pub fn meet(&self, crowd: &Crowd, world: &World, from: Point2, t_s: f64) {
        if crowd.is_empty() {
            return;
        }
        let seen = crowd.seen_from(world, from);
        let companions = seen.foresee(world, STEP_S, STEPS + BEYOND);
        self.set(Some(News {
            companions: companions.into(),
            seen_s: t_s,
        }));
    }

    pub(super) fn forget(&self) {
        self.set(None);
    }

    /// The pedestrians and the age of the observation, s.
    pub(super) fn known(&self, now_s: f64) -> Option<(Arc<[Companion]>, f64)> {
        let news = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let news = news.as_ref()?;
        let age_s = now_s - news.seen_s;
        (0.0..=AGE_MAX_S)
            .contains(&age_s)
            .then(|| (news.companions.clone(), age_s))
    }

    fn set(&self, news: Option<News>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = news;
    }
}
