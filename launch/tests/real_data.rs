//! Public worlds and public optimal control instances, where they are at hand.
#![allow(clippy::unwrap_used)]

#[path = "../../perception/tests/shared/mod.rs"]
mod shared;

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use controller::mpc::AdjointStatus;
use launch::bench::benchmark::{
    Instances, LearnedQuadratic, Method, Request, Runner, VelocityBounds,
};
use shared::shared;
use sim::read_barn_worlds;

fn open(path: PathBuf) -> BufReader<File> {
    BufReader::new(File::open(path).unwrap())
}

#[test]
fn all_worlds_of_the_benchmark_are_read() {
    let Some(path) = shared("data/barn/barn_worlds.jsonl") else {
        return;
    };
    let worlds = read_barn_worlds(open(path)).unwrap();
    assert_eq!(worlds.len(), 200);
    let robot = sim::RobotModel::jackal();
    for world in worlds {
        let situation = world.situation;
        let gap = situation
            .world
            .gap(&robot.footprint, robot.height_m, situation.start, 5.0);
        assert!(gap.is_none_or(|gap| gap.distance_m > 0.1), "{}", world.id);
    }
}

#[test]
fn the_solver_finds_what_the_best_found() {
    let (Some(instances), Some(best)) = (
        shared("peers/instances.json"),
        shared("peers/best_known.json"),
    ) else {
        return;
    };
    let benchmark = Instances::from_reader(open(instances)).unwrap();
    let best: HashMap<String, serde_json::Value> = serde_json::from_reader(open(best)).unwrap();
    for (horizon, at_least) in [(20, 48), (30, 42), (50, 42)] {
        let request = Request {
            horizon,
            variant: VelocityBounds::Soft,
            method: Method::Riccati,
            single_start: false,
            real_time_iteration: false,
        };
        let mut riccati = Runner::new(&benchmark.problem, request);
        let mut osqp = Runner::new(
            &benchmark.problem,
            Request {
                method: Method::Osqp,
                ..request
            },
        );
        let mut good = 0;
        for instance in &benchmark.instances {
            let found = riccati.cold(instance, None);
            let known = &best[&format!("{horizon}:{}", instance.id)];
            let known = known.as_f64().or(known["J"].as_f64()).unwrap();
            good += usize::from(found.merit <= 1.01 * known);
            let from_there = osqp.cold(instance, Some(&found.inputs));
            let moved = (from_there.merit - found.merit).abs() / found.merit;
            assert!(
                moved < 1e-3,
                "instance {}: OSQP moves by {moved}",
                instance.id
            );
        }
        println!("N = {horizon}: {good} of 50 within 1 % of the best known");
        assert!(good >= at_least, "N = {horizon}: {good}");
    }
}

#[test]
fn the_benchmarks_gradients_equal_their_central_differences() {
    let Some(instances) = shared("peers/instances.json") else {
        return;
    };
    let benchmark = Instances::from_reader(open(instances)).unwrap();
    let learned = benchmark.problem.grad_bench.unwrap();
    for horizon in [20, 30, 50] {
        let request = Request {
            horizon,
            variant: VelocityBounds::Soft,
            method: Method::Riccati,
            single_start: false,
            real_time_iteration: false,
        };
        let mut runner = Runner::new(&benchmark.problem, request);
        let mut worst = 0.0_f64;
        for instance in &benchmark.instances[..32] {
            let found = runner.gradient(instance, &learned, None);
            assert_eq!(found.status, AdjointStatus::Solved, "{}", instance.id);
            let largest = found
                .gradient
                .iter()
                .fold(0.0_f64, |most, g| most.max(g.abs()));
            for index in 0..12 {
                let mut at = |by: f64| {
                    let mut flat = learned.flat();
                    flat[index] += by;
                    let moved = LearnedQuadratic::from_flat(&flat);
                    // where the solver keeps to a convex model its last steps fall short: go on
                    let mut answer = found.clone();
                    for _ in 0..100 {
                        let last = answer.loss;
                        answer = runner.gradient(instance, &moved, Some(&answer.inputs));
                        if (answer.loss - last).abs() < 1e-14 {
                            break;
                        }
                    }
                    answer.loss
                };
                let error = [1e-3, 1e-4, 1e-5]
                    .map(|step| {
                        let slope = (at(step) - at(-step)) / (2.0 * step);
                        (slope - found.gradient[index]).abs() / (slope.abs() + 1e-3 * largest)
                    })
                    .into_iter()
                    .fold(f64::INFINITY, f64::min);
                worst = worst.max(error);
            }
        }
        println!("N = {horizon}: gradients within {worst:.1e} of their differences");
        assert!(worst < 1e-4, "N = {horizon}: {worst:e}");
    }
}
