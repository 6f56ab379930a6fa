//! The network of the explicit policy: its gradient is that of its loss, it learns its labels, and
//! it needs no solve.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use controller::performer::{Head, STATE_LEN, Weights};
use controller::{ControllerSettings, Goal, PathParameters};
use perception::{GridFrame, Point2, Pose2, Stamp, Twist};
use training::{
    Alone, Drawn, LossSettings, Network, OptimiserSettings, Purpose, Sample, Source, Tally,
    Trainer, TrainingSettings, Worker,
};

const SEED: u64 = 2;
const HORIZON: usize = 30;

fn settings() -> TrainingSettings {
    TrainingSettings {
        preset: "nano".to_owned(),
        head: Head::Path,
        steps: 300,
        batch: 4,
        shards: 1,
        mirror: false,
        optimiser: OptimiserSettings {
            learning_rate: 4e-3,
            warm_up: 20,
            weight_decay: 0.0,
            ..OptimiserSettings::default()
        },
        ..TrainingSettings::default()
    }
}

fn start() -> Weights {
    Weights::random(&settings().performer().unwrap(), SEED)
}

/// A drive along an arc with its own image.
fn sample(number: u32, valid: usize) -> Sample {
    let view = settings().performer().unwrap().view;
    let base = Pose2::new(1.0, -2.0, 0.4 * f64::from(number));
    let speed = 0.3 + 0.1 * f64::from(number);
    let arc = Twist::new(speed, 0.3 * f64::from(number) - 0.4);
    let pose = |k: usize| base * Pose2::exp(arc, 0.1 * k as f64);
    let pixel = |index: usize| ((index * 7919 + 101 * number as usize) % 256) as u8;
    Sample {
        ground: 0,
        image: (0..view.channels() * view.cells * view.cells)
            .map(pixel)
            .collect(),
        cells: view.cells,
        state: std::array::from_fn::<f32, STATE_LEN, _>(|i| 0.1 * (i as f32 + number as f32)),
        odom_from_view: Pose2::new(1.0, -2.0, 0.3),
        stamp: Stamp(0),
        odom_from_base: base,
        velocity: arc,
        goal: Goal {
            position: Point2::new(5.0, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        path: Vec::new(),
        frame: GridFrame {
            origin: Point2::new(0.0, 0.0),
            resolution_m: 0.1,
            width: 8,
            height: 8,
        },
        distance_max_m: 1.0,
        occupied: vec![0],
        surfaces: Vec::new(),
        states: (0..=HORIZON)
            .map(pose)
            .map(|pose| [pose.x, pose.y, pose.yaw, arc.linear, arc.angular])
            .collect(),
        inputs: vec![[0.0; 2]; HORIZON],
        valid,
    }
}

fn samples() -> Vec<Sample> {
    // the last one is known up to its sixth knot; unknown knots have no loss
    vec![sample(0, HORIZON), sample(1, HORIZON), sample(2, 15)]
}

fn run(worker: &mut Worker, network: &Network, gradient: &mut Vec<f32>) -> Tally {
    let samples = samples();
    // mirrored items have the same weight
    let drawn: Vec<Drawn<'_>> = samples
        .iter()
        .zip([false, true, false])
        .map(|(sample, mirrored)| Drawn { sample, mirrored })
        .collect();
    let purpose = Purpose::Learn { batch: drawn.len() };
    worker
        .run(network, &drawn, purpose, &|| Duration::ZERO, gradient)
        .unwrap()
}

#[test]
fn the_gradient_of_the_weights_is_that_of_the_loss() {
    let config = start().config().clone();
    let mut tensors = start().into_tensors();
    // random heads depend little on earlier layers, and their differences would be lost to rounding
    let head = config
        .tensors()
        .iter()
        .position(|(name, _)| name == "head.1.weight");
    for weight in &mut tensors[head.unwrap()] {
        *weight *= 50.0;
    }
    let weights = Weights::new(config.clone(), tensors).unwrap();
    let controllers = [ControllerSettings::default()];
    let mut worker = Worker::new(&controllers, &settings(), config.clone()).unwrap();
    let mut network = Network::new(&weights);
    let mut gradient = vec![0.0; config.parameters()];
    run(&mut worker, &network, &mut gradient);
    let mut begin = 0;
    let mut checked = 0;
    for (name, shape) in config.tensors() {
        let len: usize = shape.iter().product();
        // the largest component of every tensor
        let index = (begin..begin + len)
            .max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs()))
            .unwrap();
        begin += len;
        let slope = f64::from(gradient[index]);
        if slope.abs() < 1e-3 {
            continue;
        }
        let kept = network.weights()[index];
        let mut at = |by: f32| {
            network.weights_mut()[index] = kept + by;
            let tally = run(&mut worker, &network, &mut vec![0.0; config.parameters()]);
            network.weights_mut()[index] = kept;
            tally.loss_mean()
        };
        let step = 5e-4_f32;
        let found = (at(step) - at(-step)) / (2.0 * f64::from(step));
        let error = (found - slope).abs() / slope.abs();
        assert!(error < 5e-3, "{name}: {found} by differences, {slope}");
        checked += 1;
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn paths_are_learned_without_a_solve() {
    let mut trainer = Trainer::new(
        settings(),
        &[ControllerSettings::default()],
        &start(),
        SEED,
        &Alone,
    )
    .unwrap();
    let place = trainer.takes(false).unwrap();
    trainer.add(place, false, Source::Expert, samples());
    let before = trainer.test(&mut Alone, &|| Duration::ZERO).unwrap().train;
    while !trainer.is_done() {
        let report = trainer.step(&mut Alone, &|| Duration::ZERO).unwrap();
        assert_eq!(report.tally.unsolved + report.tally.through_plan, 0.0);
    }
    let after = trainer.test(&mut Alone, &|| Duration::ZERO).unwrap().train;
    println!("{before:?}, then {after:?}");
    assert!(
        before.hausdorff_mean_m() > 0.3,
        "nothing to learn: {before:?}"
    );
    assert!(after.hausdorff_mean_m() < 0.03, "{after:?}");
    assert!(after.loss_mean() < 0.01 * before.loss_mean(), "{after:?}");
}

#[test]
fn the_experts_own_path_has_no_loss_and_no_deviation() {
    let sample = sample(1, HORIZON);
    let head = settings().performer().unwrap().path;
    let mut expert = Vec::new();
    sample.expert_at_knots(head.knots, &mut expert);
    let path = PathParameters(expert.iter().flatten().flatten().copied().collect());
    assert_eq!(path.knots(), head.knots);
    let mut gradient = vec![0.0; path.0.len()];
    let loss = LossSettings::default().path(&path, &expert, &mut gradient);
    assert_eq!(loss, 0.0);
    assert!(gradient.iter().all(|&slope| slope == 0.0));
}
