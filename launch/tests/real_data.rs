//! Public worlds and public optimal control instances, where they are at hand.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use launch::benchmark::{Instances, Method, Request, Runner, VelocityBounds};
use sim::read_barn_worlds;

/// A file of the shared data, or nothing where it is not at hand; in CI it must be.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var("CI").is_err(),
        "{} is missing",
        path.display()
    );
    println!("skipped: {} is missing", path.display());
    None
}

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
