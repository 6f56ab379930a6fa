//! What an expert is told of the people around it.

use std::sync::{Arc, Mutex, PoisonError};

use perception::Point2;

use super::yielding::{STEP_S, STEPS};
use crate::crowd::{Companion, Crowd};
use crate::world::World;

/// Steps that people are foreseen beyond those of a motion.
const BEYOND: usize = 8;
/// Older news is none, s.
const AGE_MAX_S: f64 = 0.3;

/// Tells an expert of people. Whoever watches the drive keeps one and tells it every tick; the
/// expert then knows of them from the next tick on.
#[derive(Debug, Clone, Default)]
pub struct Company(Arc<Mutex<Option<News>>>);

/// People and when they were seen.
#[derive(Debug, Clone)]
struct News {
    companions: Arc<[Companion]>,
    seen_s: f64,
}

impl Company {
    /// Looks about from a place at a time since the start of the drive, s. Who is hidden is not
    /// told of: a learner could not see them either.
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

    /// The people, and how long ago that was, s.
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
