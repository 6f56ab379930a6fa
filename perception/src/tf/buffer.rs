//! Transform buffer: insertion and storage of transforms.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::error::{TransformError, listed};
use super::frame::{Frame, Link};
use super::settings::TransformSettings;
use crate::{Pose3, SettingsError, Stamp, Stamped};

/// Tolerance of the norm of a quaternion (tf2's `QUATERNION_NORMALIZATION_TOLERANCE`).
const UNIT_TOLERANCE: f64 = 1e-2;

/// Transforms between named frames: a forest in which every frame has one constant parent.
///
/// A leading slash of a name is ignored, as in tf2. A transform at the stamp of an earlier one
/// replaces it, and a static one replaces the previous one; otherwise the order of insertion does
/// not matter. The settings bound the memory, and once frames and windows are full no insertion
/// allocates.
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
    /// Creates an empty buffer.
    pub fn new(settings: TransformSettings) -> Result<Self, SettingsError> {
        settings.validate()?;
        Ok(Self {
            settings,
            frames: Vec::new(),
            places: BTreeMap::new(),
        })
    }

    /// Inserts the transform of a moving frame at a stamp. On an error the buffer is unchanged.
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

    /// Inserts a static transform. On an error the buffer is unchanged.
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

    /// Removes all frames, as at the start of a new recording.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.places.clear();
    }

    /// Removes the transforms of moving frames, as after a jump back in time; static ones remain.
    pub fn forget_motion(&mut self) {
        for frame in &mut self.frames {
            if matches!(frame.hangs, Some((_, Link::Moving(_)))) {
                frame.hangs = None;
            }
        }
    }

    /// Names of all frames, in alphabetical order.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = &str> {
        self.places.keys().map(AsRef::as_ref)
    }

    /// True if a transform of this frame was ever inserted.
    pub fn knows(&self, frame: &str) -> bool {
        self.places.contains_key(bare(frame))
    }

    /// Validates a transform, and finds or creates the entries of both frames.
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

    /// True if `upper` is `lower` or one of its ancestors.
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

/// Name without the leading slash of tf (version 1).
pub(super) fn bare(frame: &str) -> &str {
    frame.strip_prefix('/').unwrap_or(frame)
}

/// Rejects empty names and invalid transforms.
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
