//! What a network is let see, and the same samples with no more than that.

use controller::performer::ViewSettings;
use training::{Sample, TrainingSettings};

/// A selection of the view's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm {
    /// A short name for files and tables.
    pub name: &'static str,
    /// What it stands for.
    pub sees: &'static str,
    see_past: bool,
    see_motion: bool,
}

/// All selections that are compared; the second is what the others are measured against.
pub const ARMS: [Arm; 4] = [
    Arm {
        name: "now",
        sees: "what is occupied now",
        see_past: false,
        see_motion: false,
    },
    Arm {
        name: "past",
        sees: "now, 0.3 s and 0.6 s ago",
        see_past: true,
        see_motion: false,
    },
    Arm {
        name: "past_motion",
        sees: "now, 0.3 s and 0.6 s ago, came and went",
        see_past: true,
        see_motion: true,
    },
    Arm {
        name: "motion",
        sees: "now, came and went",
        see_past: false,
        see_motion: true,
    },
];

/// The arm that the others are measured against.
pub const BASELINE: &str = "past";

impl Arm {
    /// The training of a network that sees no more.
    pub fn training(&self, all: &TrainingSettings) -> TrainingSettings {
        TrainingSettings {
            see_past: self.see_past,
            see_motion: self.see_motion,
            ..all.clone()
        }
    }

    /// The training of one that sees everything: samples are cut for it once.
    pub fn everything(training: &TrainingSettings) -> TrainingSettings {
        TrainingSettings {
            see_past: true,
            see_motion: true,
            ..training.clone()
        }
    }

    /// Samples that were cut for everything, with this arm's channels alone.
    pub fn thinned(&self, samples: &[Sample], everything: &ViewSettings) -> Vec<Sample> {
        let ages = everything.history_s.len();
        let is_seen = |channel: usize| match channel {
            0..3 => true,
            channel if channel < 3 + ages => self.see_past,
            channel if channel < 5 + ages => self.see_motion,
            // the way that is followed
            _ => true,
        };
        samples
            .iter()
            .map(|sample| {
                let image = sample
                    .image
                    .chunks_exact(sample.cells * sample.cells)
                    .enumerate()
                    .filter(|(channel, _)| is_seen(*channel))
                    .flat_map(|(_, pixels)| pixels.iter().copied())
                    .collect();
                Sample {
                    image,
                    ..sample.clone()
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinned_samples_have_the_channels_that_the_network_of_the_arm_expects() {
        let training = TrainingSettings::default();
        let all = Arm::everything(&training).performer().unwrap().view;
        let area = all.cells * all.cells;
        let image: Vec<u8> = (0..all.channels() as u8)
            .flat_map(|channel| vec![channel; area])
            .collect();
        let sample = Sample {
            ground: 0,
            path: Vec::new(),
            image,
            cells: all.cells,
            state: Default::default(),
            odom_from_view: perception::Pose2::IDENTITY,
            stamp: perception::Stamp(0),
            odom_from_base: perception::Pose2::IDENTITY,
            velocity: perception::Twist::ZERO,
            goal: controller::Goal {
                position: perception::Point2::origin(),
                yaw: None,
                tolerance_m: 0.3,
            },
            frame: perception::GridFrame::default(),
            distance_max_m: 1.0,
            occupied: Vec::new(),
            surfaces: Vec::new(),
            states: Vec::new(),
            inputs: Vec::new(),
            valid: 0,
        };
        for (arm, seen) in ARMS.iter().zip([
            &[0, 1, 2, 7][..],
            &[0, 1, 2, 3, 4, 7],
            &[0, 1, 2, 3, 4, 5, 6, 7],
            &[0, 1, 2, 5, 6, 7],
        ]) {
            let thinned = &arm.thinned(std::slice::from_ref(&sample), &all)[0];
            let channels: Vec<u8> = thinned.image.chunks_exact(area).map(|c| c[0]).collect();
            assert_eq!(channels, seen, "{}", arm.name);
            let view = arm.training(&training).performer().unwrap().view;
            assert_eq!(view.channels(), seen.len(), "{}", arm.name);
        }
    }
}
