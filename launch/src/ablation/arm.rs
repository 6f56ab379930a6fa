//! What differs between the networks of a comparison.

use clap::ValueEnum;
use controller::performer::ViewSettings;
use training::{Sample, TrainingSettings};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Question {
    /// Does what the network sees of the past and of motion help?
    Sees,
    /// What do rounds of aggregation, knots, the kernel of attention and the size bring?
    Learns,
}

/// A network and how its training differs.
#[derive(Debug, Clone, Copy)]
pub struct Arm {
    /// A short name for files and tables.
    pub name: &'static str,
    /// What it stands for.
    pub means: &'static str,
    change: fn(&mut TrainingSettings),
}

const fn arm(name: &'static str, means: &'static str, change: fn(&mut TrainingSettings)) -> Arm {
    Arm {
        name,
        means,
        change,
    }
}

/// Selections of the view's channels.
const SEES: [Arm; 4] = [
    arm("now", "what is occupied now", |all| {
        (all.see_past, all.see_motion) = (false, false);
    }),
    arm("past", "now, 0.3 s and 0.6 s ago", |all| {
        (all.see_past, all.see_motion) = (true, false);
    }),
    arm(
        "past_motion",
        "now, 0.3 s and 0.6 s ago, came and went",
        |all| (all.see_past, all.see_motion) = (true, true),
    ),
    arm("motion", "now, came and went", |all| {
        (all.see_past, all.see_motion) = (false, true);
    }),
];

/// Random features that stand for softmax.
const SOFTMAX_FEATURES: usize = 64;

/// Ways to learn.
const LEARNS: [Arm; 5] = [
    arm("whole", "as it is shipped", |_| {}),
    arm("cloned", "without rounds of aggregation", |all| {
        all.aggregation.rounds = 0;
    }),
    arm(
        "one_knot",
        "one learned cost for the whole horizon",
        |all| {
            all.knots = 1;
        },
    ),
    arm("softmax", "FAVOR+ features for softmax, not ReLU", |all| {
        all.softmax_features = SOFTMAX_FEATURES;
    }),
    arm("small", "the preset `small`", |all| {
        "small".clone_into(&mut all.preset);
    }),
];

impl Question {
    /// All that are compared.
    pub fn arms(self) -> &'static [Arm] {
        match self {
            Self::Sees => &SEES,
            Self::Learns => &LEARNS,
        }
    }

    /// The arm that the others are measured against.
    pub fn baseline(self) -> &'static str {
        match self {
            Self::Sees => "past",
            Self::Learns => "whole",
        }
    }

    /// Head of the column of names.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Sees => "sees",
            Self::Learns => "learns",
        }
    }

    /// The training of a network that sees what any of them sees: samples are cut for it once.
    pub fn everything(self, training: &TrainingSettings) -> TrainingSettings {
        let mut everything = training.clone();
        if self == Self::Sees {
            (everything.see_past, everything.see_motion) = (true, true);
        }
        everything
    }
}

impl Arm {
    /// Its training.
    pub fn training(&self, all: &TrainingSettings) -> TrainingSettings {
        let mut training = all.clone();
        (self.change)(&mut training);
        training
    }
}

/// Samples that were cut for a view that sees everything, with the channels of another alone.
pub fn thinned(samples: &[Sample], everything: &ViewSettings, view: &ViewSettings) -> Vec<Sample> {
    let ages = everything.history_s.len();
    let motions = 2 * usize::from(everything.motion);
    let is_seen = |channel: usize| match channel {
        0..3 => true,
        channel if channel < 3 + ages => !view.history_s.is_empty(),
        channel if channel < 3 + ages + motions => view.motion,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinned_samples_have_the_channels_that_the_network_of_the_arm_expects() {
        let training = TrainingSettings::default();
        let question = Question::Sees;
        let all = question.everything(&training).performer().unwrap().view;
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
                yaw_tolerance_rad: controller::Goal::YAW_TOLERANCE_RAD,
            },
            frame: perception::GridFrame::default(),
            distance_max_m: 1.0,
            occupied: Vec::new(),
            surfaces: Vec::new(),
            states: Vec::new(),
            inputs: Vec::new(),
            valid: 0,
        };
        for (arm, seen) in question.arms().iter().zip([
            &[0, 1, 2, 7][..],
            &[0, 1, 2, 3, 4, 7],
            &[0, 1, 2, 3, 4, 5, 6, 7],
            &[0, 1, 2, 5, 6, 7],
        ]) {
            let view = arm.training(&training).performer().unwrap().view;
            let thinned = &thinned(std::slice::from_ref(&sample), &all, &view)[0];
            let channels: Vec<u8> = thinned.image.chunks_exact(area).map(|c| c[0]).collect();
            assert_eq!(channels, seen, "{}", arm.name);
            assert_eq!(view.channels(), seen.len(), "{}", arm.name);
        }
    }

    #[test]
    fn every_way_to_learn_differs_in_one_thing_and_can_be_trained() {
        let mut training = TrainingSettings {
            preset: "mini".to_owned(),
            ..TrainingSettings::default()
        };
        training.aggregation.rounds = 2;
        let arms = Question::Learns.arms();
        for (number, arm) in arms.iter().enumerate() {
            let learns = arm.training(&training);
            learns.validate().unwrap();
            assert!(
                arms[..number]
                    .iter()
                    .all(|other| other.training(&training) != learns)
            );
        }
        let names: Vec<&str> = arms.iter().map(|arm| arm.name).collect();
        assert!(names.contains(&Question::Learns.baseline()));
        assert_eq!(arms[0].training(&training), training);
    }
}
