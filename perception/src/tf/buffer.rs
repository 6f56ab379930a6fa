//! The buffer: what goes in, what is kept.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::error::{TransformError, listed};
use super::frame::{Frame, Link};
use super::settings::TransformSettings;
use crate::{Pose3, SettingsError, Stamp, Stamped};

/// How far the length of a quaternion may be from 1 (tf2's `QUATERNION_NORMALIZATION_TOLERANCE`).
const UNIT_TOLERANCE: f64 = 1e-2;

/// Transforms between named frames: a forest in which every frame has one parent for good.
///
/// Names are taken without a leading slash, as tf2 does. A transform told again at the same stamp
/// replaces the earlier one, as a fixed one does at any time; otherwise the order in which
/// transforms come does not matter. Memory is bounded by the settings, and once frames and
/// windows are full nothing allocates.
///
/// ```
/// use perception::{Pose3, Stamp, TransformBuffer, TransformSettings};
/// let mut buffer = TransformBuffer::new(TransformSettings::default())?;
/// buffer.insert("odom", "base", Stamp::from_secs(1.0), Pose3::translation(1.0, 0.0, 0.0))?;
/// buffer.insert_fixed("base", "laser", Pose3::translation(0.0, 0.0, 0.3))?;
/// let odom_from_laser = buffer.lookup("odom", "laser", Stamp::from_secs(1.0))?;
/// assert_eq!(odom_from_laser, Pose3::translation(1.0, 0.0, 0.3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TransformBuffer {
    settings: TransformSettings,
    pub(super) frames: Vec<Frame>,
    places: BTreeMap<Box<str>, usize>,
}

impl TransformBuffer {
    /// A buffer that knows no frame.
    pub fn new(settings: TransformSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            settings,
            frames: Vec::new(),
            places: BTreeMap::new(),
        })
    }

    /// Takes in where a frame was at a time. After an error the buffer is as before.
    pub fn insert(
        &mut self,
        parent: &str,
        child: &str,
        stamp: Stamp,
        parent_from_child: Pose3,
    ) -> Result<(), TransformError> {
        let (parent, child) = self.hang(parent, child, &parent_from_child, "moving")?;
        let sample = Stamped {
            stamp,
            value: parent_from_child,
        };
        let window = Duration::from_secs_f64(self.settings.window_s);
        let samples_max = self.settings.samples_max;
        let frame = &mut self.frames[child];
        let (_, link) = frame
            .hangs
            .get_or_insert_with(|| (parent, Link::Moving(VecDeque::new())));
        let Link::Moving(samples) = link else {
            return Ok(()); // refused by `hang`
        };
        let newest = samples.back().map_or(stamp, |last| last.stamp).max(stamp);
        let place = samples.partition_point(|held| held.stamp < stamp);
        if stamp < newest - window || (place == 0 && samples.len() == samples_max) {
            return Err(TransformError::TooOld {
                child: frame.name.to_string(),
                stamp,
                newest,
                window_s: self.settings.window_s,
            });
        }
        match samples.get_mut(place) {
            Some(held) if held.stamp == stamp => *held = sample,
            _ => {
                if samples.len() == samples_max {
                    samples.pop_front();
                    samples.insert(place - 1, sample);
                } else {
                    samples.insert(place, sample);
                }
            }
        }
        while samples
            .front()
            .is_some_and(|oldest| oldest.stamp < newest - window)
        {
            samples.pop_front();
        }
        Ok(())
    }

    /// Takes in where a frame always is. After an error the buffer is as before.
    pub fn insert_fixed(
        &mut self,
        parent: &str,
        child: &str,
        parent_from_child: Pose3,
    ) -> Result<(), TransformError> {
        let (parent, child) = self.hang(parent, child, &parent_from_child, "fixed")?;
        self.frames[child].hangs = Some((parent, Link::Fixed(parent_from_child)));
        Ok(())
    }

    /// Forgets all frames, as when a recording starts anew.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.places.clear();
    }

    /// Forgets where moving frames were, as when time begins anew; fixed ones stay.
    pub fn forget_motion(&mut self) {
        for frame in &mut self.frames {
            if matches!(frame.hangs, Some((_, Link::Moving(_)))) {
                frame.hangs = None;
            }
        }
    }

    /// Names of all frames, in the order of the alphabet.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &str> {
        self.places.keys().map(AsRef::as_ref)
    }

    /// True when this frame was ever told of.
    pub fn knows(&self, frame: &str) -> bool {
        self.places.contains_key(bare(frame))
    }

    /// Checks what is told, and finds or makes places for both frames.
    fn hang(
        &mut self,
        parent: &str,
        child: &str,
        parent_from_child: &Pose3,
        kind: &'static str,
    ) -> Result<(usize, usize), TransformError> {
        let (parent, child) = (bare(parent), bare(child));
        check(parent, child, parent_from_child)?;
        let known = (self.places.get(parent), self.places.get(child));
        if let (parent_place, Some(&at)) = known
            && let Some((held, link)) = &self.frames[at].hangs
        {
            if parent_place != Some(held) {
                return Err(TransformError::Parent {
                    child: child.to_owned(),
                    held: self.frames[*held].name.to_string(),
                    told: parent.to_owned(),
                });
            }
            if link.kind() != kind {
                return Err(TransformError::Kind {
                    child: child.to_owned(),
                    held: link.kind(),
                    told: kind,
                });
            }
            return Ok((*held, at));
        }
        if parent == child || self.is_above(known.1.copied(), known.0.copied()) {
            return Err(TransformError::Loop {
                child: child.to_owned(),
                parent: parent.to_owned(),
            });
        }
        let new = usize::from(known.0.is_none()) + usize::from(known.1.is_none());
        if self.frames.len() + new > self.settings.frames_max {
            let frame = if known.0.is_none() { parent } else { child };
            return Err(TransformError::TooMany {
                frame: frame.to_owned(),
                limit: self.settings.frames_max,
            });
        }
        Ok((self.place_or_new(parent), self.place_or_new(child)))
    }

    /// True when `upper` is `lower` or one of those that it hangs under.
    fn is_above(&self, upper: Option<usize>, lower: Option<usize>) -> bool {
        let mut at = lower;
        while let Some(place) = at {
            if upper == Some(place) {
                return true;
            }
            at = self.parent(place);
        }
        false
    }

    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        self.frames[place].hangs.as_ref().map(|(parent, _)| *parent)
    }

    pub(super) fn place(&self, frame: &str) -> Result<usize, TransformError> {
        let found = self.places.get(bare(frame)).copied();
        found.ok_or_else(|| TransformError::UnknownFrame {
            frame: bare(frame).to_owned(),
            known: listed(self.frames()),
        })
    }

    fn place_or_new(&mut self, name: &str) -> usize {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        let place = self.frames.len();
        self.places.insert(name.into(), place);
        self.frames.push(Frame {
            name: name.into(),
            hangs: None,
        });
        place
    }
}

/// Names without the slash that tf's first version put before them.
pub(super) fn bare(frame: &str) -> &str {
    frame.strip_prefix('/').unwrap_or(frame)
}

/// Refuses names that name nothing and numbers that are no transform.
fn check(parent: &str, child: &str, pose: &Pose3) -> Result<(), TransformError> {
    if parent.is_empty() || child.is_empty() {
        return Err(TransformError::Name {
            frame: String::new(),
        });
    }
    let refused = |what, found: String, expected| TransformError::Value {
        child: child.to_owned(),
        parent: parent.to_owned(),
        what,
        found,
        expected,
    };
    let place = pose.translation.vector;
    if !place.iter().all(|value| value.is_finite()) {
        let found = format!("{:?}", place.as_slice());
        return Err(refused("translation", found, "finite numbers"));
    }
    let length = pose.rotation.quaternion().norm();
    if !((length - 1.0).abs() <= UNIT_TOLERANCE) {
        let expected = "1 within a hundredth";
        return Err(refused(
            "length of the quaternion",
            length.to_string(),
            expected,
        ));
    }
    Ok(())
}
