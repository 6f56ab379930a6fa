//! Transform lookup: composes the transforms from both frames up to their common ancestor.
//!
//! ```text
//! target_from_source = (ancestor_from_target)⁻¹ · ancestor_from_source
//! ```

use super::TransformBuffer;
use super::error::TransformError;
use super::frame::Found;
use crate::{Pose3, Stamp, Stamped};

impl TransformBuffer {
    /// `target_from_source` at a stamp. Moving frames are interpolated between neighbours in time
    /// and never extrapolated.
    pub fn lookup(
        &self,
        target: &str,
        source: &str,
        stamp: Stamp,
    ) -> Result<Pose3, TransformError> {
        let (target, source) = (self.place(target)?, self.place(source)?);
        let ancestor = self.common_ancestor(target, source)?;
        let ancestor_from_target = self.climb(target, ancestor, stamp)?;
        let ancestor_from_source = self.climb(source, ancestor, stamp)?;
        Ok(ancestor_from_target.inverse() * ancestor_from_source)
    }

    /// Latest stamp at which all moving frames between the two are available; `None` if all
    /// transforms between them are static, so that any stamp is valid.
    pub fn latest_common_stamp(
        &self,
        target: &str,
        source: &str,
    ) -> Result<Option<Stamp>, TransformError> {
        let (target, source) = (self.place(target)?, self.place(source)?);
        let ancestor = self.common_ancestor(target, source)?;
        let newest = [target, source]
            .into_iter()
            .filter_map(|frame| self.newest_below(frame, ancestor));
        Ok(newest.min())
    }

    /// `target_from_source` at the latest common stamp, with that stamp; the stamp is 0 if all
    /// transforms are static.
    pub fn lookup_latest(
        &self,
        target: &str,
        source: &str,
    ) -> Result<Stamped<Pose3>, TransformError> {
        let stamp = self
            .latest_common_stamp(target, source)?
            .unwrap_or_default();
        let value = self.lookup(target, source, stamp)?;
        Ok(Stamped { stamp, value })
    }

    fn common_ancestor(&self, target: usize, source: usize) -> Result<usize, TransformError> {
        let (mut a, mut b) = (target, source);
        let (mut depth_a, mut depth_b) = (self.depth(a), self.depth(b));
        while a != b {
            let deeper = if depth_a >= depth_b {
                (&mut a, &mut depth_a)
            } else {
                (&mut b, &mut depth_b)
            };
            let Some(parent) = self.parent(*deeper.0) else {
                let name = |place: usize| self.frames[place].name.to_string();
                return Err(TransformError::NotConnected {
                    target: name(target),
                    source_frame: name(source),
                    target_root: name(self.root(target)),
                    source_root: name(self.root(source)),
                });
            };
            (*deeper.0, *deeper.1) = (parent, deeper.1.saturating_sub(1));
        }
        Ok(a)
    }

    /// Number of ancestors of a frame.
    fn depth(&self, frame: usize) -> usize {
        std::iter::successors(self.parent(frame), |&place| self.parent(place)).count()
    }

    fn root(&self, frame: usize) -> usize {
        std::iter::successors(Some(frame), |&place| self.parent(place))
            .last()
            .unwrap_or(frame)
    }

    /// `ancestor_from_frame` at a stamp.
    fn climb(&self, frame: usize, ancestor: usize, stamp: Stamp) -> Result<Pose3, TransformError> {
        let mut from_frame = Pose3::identity();
        let mut at = frame;
        while at != ancestor
            && let Some((parent, link)) = &self.frames[at].hangs
        {
            let name = |place: usize| self.frames[place].name.to_string();
            let parent_from_here = match link.at(stamp) {
                Found::Here(pose) => pose,
                Found::Future(newest) => {
                    return Err(TransformError::Future {
                        child: name(at),
                        parent: name(*parent),
                        stamp,
                        newest,
                    });
                }
                Found::Past(oldest) => {
                    return Err(TransformError::Past {
                        child: name(at),
                        parent: name(*parent),
                        stamp,
                        oldest,
                    });
                }
            };
            from_frame = parent_from_here * from_frame;
            at = *parent;
        }
        Ok(from_frame)
    }

    /// Earliest of the newest stamps between a frame and an ancestor.
    fn newest_below(&self, frame: usize, ancestor: usize) -> Option<Stamp> {
        std::iter::successors(Some(frame), |&place| self.parent(place))
            .take_while(|&place| place != ancestor)
            .filter_map(|place| self.frames[place].hangs.as_ref()?.1.newest())
            .min()
    }
}
