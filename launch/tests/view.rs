//! What the page of a fused drive shows is what the robot knew.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::Duration;

use launch::mapping::{BagSettings, replay};
use launch::view::layers::{
    CAME, DROP, FREE, KIND, Layers, MOTION_MIN, NEAR, STANDS, UNKNOWN, WENT,
};
use launch::view::{
    DriveRecord, MapRecorder, Panel, Place, Recorder, Shapes, ViewSettings, Way, compare_png,
    drive_html, drive_png, paths_png, record_of_html, walks_of,
};
use launch::{Config, Trial, demonstrate};
use perception::{Cell, ColumnClass, Point2, Pose2, Snapshot, VolumeGrid};
use runtime::{Driver, write_atomic};
use sim::{Episode, Obstacle, Shape, Situation, Walk};

/// What was known at a tick, cell by cell of the whole window.
struct Known {
    t_s: f64,
    world_from_odom: Pose2,
    snapshot: Snapshot,
    codes: Vec<u8>,
}

/// The codes of all cells, straight from the definition of every layer.
fn codes(snapshot: &Snapshot, volume: &VolumeGrid, near_m: f64) -> Vec<u8> {
    let frame = *snapshot.grid.frame();
    let mut codes = Vec::new();
    for row in 0..frame.height {
        for column in 0..frame.width {
            let centre = frame.centre_of(column, row);
            let class = volume
                .frame()
                .cell_of(centre)
                .map(|(c, r)| volume.class(c, r));
            let mut code = match snapshot.grid.cell(column, row) {
                Cell::Unknown => UNKNOWN,
                Cell::Free => FREE,
                Cell::Occupied if class == Some(ColumnClass::Drop) => DROP,
                Cell::Occupied => STANDS,
            };
            let field = &snapshot.field;
            if let Some((c, r)) = field.frame().cell_of(centre) {
                let distance = field.distances_m()[field.frame().index(c, r)];
                code |= if f64::from(distance) < near_m {
                    NEAR
                } else {
                    0
                };
            }
            let motion = snapshot.motion.at(centre);
            code |= if motion >= MOTION_MIN { CAME } else { 0 };
            code |= if motion <= -MOTION_MIN { WENT } else { 0 };
            codes.push(code);
        }
    }
    codes
}

/// A room with a hole, and somebody who walks about in it.
fn room(config: &Config) -> Situation {
    let mut situation = config.scenario("rooms").unwrap().situation(2).unwrap();
    let walk = |from: Point2, to: Point2| Walk {
        comes_and_goes: false,
        body: Obstacle::standing(
            Shape::Circle {
                centre: Point2::origin(),
                radius_m: 0.2,
            },
            1.7,
        ),
        stops: vec![
            (0.5, Pose2::new(from.x, from.y, 0.0)),
            (4.5, Pose2::new(to.x, to.y, 0.0)),
        ],
    };
    let (start, goal) = (situation.start.position(), situation.goal.position);
    let aside = perception::Vector2::new(start.y - goal.y, goal.x - start.x).normalize();
    let middle = start + (goal - start) * 0.6;
    situation.walks = vec![walk(middle + aside * 2.0, middle - aside * 0.3)];
    situation.time_limit_s = 5.0;
    situation
}

fn driven(
    config: &Config,
    situation: &Situation,
    settings: ViewSettings,
) -> (Episode, DriveRecord, Vec<Known>) {
    let mut agent = Driver::Regular.agent(&config.controller).unwrap();
    let mut recorder = Recorder::new(settings, &config.robot);
    let near_m = config.robot.footprint.circumscribed_radius_m() + settings.inflation_m;
    assert_eq!(recorder.near_m(), near_m);
    let mut known = Vec::new();
    let episode = sim::drive(
        situation,
        &config.robot,
        &config.drive,
        &mut agent,
        2,
        &mut || Duration::ZERO,
        &mut |view| {
            recorder.watch(view);
            known.push(Known {
                t_s: view.t_s,
                world_from_odom: view.world_from_base * view.odom_from_base.inverse(),
                snapshot: view.snapshot.clone(),
                codes: codes(view.snapshot, view.volume.unwrap(), near_m),
            });
        },
    )
    .unwrap();
    let record = recorder.finish(situation, &config.robot, "regular", &episode);
    (episode, record.unwrap(), known)
}

/// True when a map shows what was known, and leaves out nothing that was.
fn assert_same(layers: &Layers, world_from_map: Pose2, known: &Known) {
    let frame = *known.snapshot.grid.frame();
    let mut shown = 0;
    for (index, &code) in known.codes.iter().enumerate() {
        let centre = frame.centre_of(index % frame.width, index / frame.width);
        match layers.frame.cell_of(centre) {
            Some((column, row)) => {
                let cell = layers.cells[layers.frame.index(column, row)];
                assert_eq!(cell, code, "at {centre} after {} s", known.t_s);
                shown += 1;
            }
            None => assert_eq!(code & KIND, UNKNOWN, "{centre} is left out"),
        }
    }
    assert_eq!(shown, layers.cells.len());
    for corner in [frame.origin, frame.centre_of(frame.width, frame.height)] {
        let apart = (world_from_map * corner) - (known.world_from_odom * corner);
        assert!(apart.norm() < 1e-3, "drawn {} m off", apart.norm());
    }
}

#[test]
fn the_page_of_a_fused_drive_holds_the_maps_that_the_robot_had() {
    let config = Config::load("mobile_base", None, &[]).unwrap();
    let situation = room(&config);
    let (episode, record, known) = driven(&config, &situation, config.view);
    let page = drive_html(&record).unwrap();
    let picture = drive_png(&record).unwrap();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("view");
    write_atomic(&out.join("drive.html"), page.as_bytes()).unwrap();
    write_atomic(&out.join("drive.png"), &picture).unwrap();
    let read = record_of_html(&page).unwrap().unwrap();
    assert_eq!(read, record);
    // four maps a second, and the last
    let frames = &read.film.frames;
    let (first, last) = (known.first().unwrap(), known.last().unwrap());
    assert_eq!(frames[frames.len() - 1].t, (last.t_s * 1e3).round() / 1e3);
    assert!(frames.len() as f64 >= 4.0 * (last.t_s - first.t_s));
    let mut seen = 0_u8;
    for (index, frame) in frames.iter().enumerate() {
        let (world_from_map, layers) = read.film.layers(index).unwrap();
        let then = known
            .iter()
            .find(|known| (known.t_s - frame.t).abs() < 1e-3);
        assert_same(&layers, world_from_map, then.unwrap());
        seen |= layers.cells.iter().fold(0, |all, code| all | code);
        seen |= if layers.cells.iter().any(|code| code & KIND == DROP) {
            128
        } else {
            0
        };
    }
    assert_eq!(seen, 128 | CAME | WENT | NEAR | KIND, "a layer is empty");
    // who moved is where it truly was
    for tick in &read.ticks {
        let truth = situation.walks[0].pose_at(tick.t);
        let [x, y, _] = tick.movers[0];
        assert!((Point2::new(x, y) - truth.position()).norm() < 5e-3);
    }
    assert_eq!(episode.movers.len(), episode.metrics.ticks as usize);
    // true heights and the hole are there
    assert!(
        read.world
            .floor
            .iter()
            .any(launch::view::FloorShape::is_sunk)
    );
    assert!(
        read.world
            .solids
            .iter()
            .any(|solid| solid.heights_m[0] > 0.1)
    );
    assert!(
        read.world
            .solids
            .iter()
            .any(|solid| solid.heights_m[1] > 2.0)
    );
}

/// Pictures of several drives show who moved.
#[test]
fn pictures_of_several_drives_show_who_moved() {
    let config = Config::load("mobile_base", None, &[]).unwrap();
    let situation = room(&config);
    let (episode, _, _) = driven(&config, &situation, config.view);
    let walks = walks_of(&episode.movers);
    assert_eq!(walks.len(), 1);
    let goal = situation.goal;
    let goal = [goal.position.x, goal.position.y, goal.tolerance_m];
    let path: Vec<[f64; 2]> = episode.path.iter().map(|row| [row[1], row[2]]).collect();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("view");
    let pictures = [walks, Vec::new()].map(|walks| {
        let panel = Panel {
            label: "seed 2 · 5 s".to_owned(),
            outcome: episode.outcome,
            path: path.clone(),
            walks: walks.clone(),
            world: Shapes::from(&situation.world),
            goal,
        };
        let way = |driver: &str, share: f64| Way {
            driver: driver.to_owned(),
            label: driver.to_owned(),
            outcome: episode.outcome,
            time_s: episode.metrics.time_s,
            path: path[..(share * path.len() as f64) as usize].to_vec(),
            walks: walks.clone(),
        };
        let place = Place {
            world: Shapes::from(&situation.world),
            start: [situation.start.x, situation.start.y],
            goal,
            robot_radius_m: 0.3,
        };
        let many = paths_png("rooms", &[panel]).unwrap();
        let ways = [way("expert", 0.5), way("regular", 1.0)];
        let several = compare_png("rooms", &place, &ways).unwrap();
        write_atomic(&out.join(format!("paths-{}.png", walks.len())), &many).unwrap();
        write_atomic(&out.join(format!("compare-{}.png", walks.len())), &several).unwrap();
        (many, several)
    });
    assert!(pictures[0].0 != pictures[1].0 && pictures[0].1 != pictures[1].1);
}

#[test]
fn pages_keep_to_their_size() {
    let config = Config::load("mobile_base", None, &[]).unwrap();
    let situation = room(&config);
    let (_, whole, _) = driven(&config, &situation, config.view);
    let settings = ViewSettings {
        size_max_mib: 0.25,
        ..config.view
    };
    let (_, small, known) = driven(&config, &situation, settings);
    let (whole, page) = (drive_html(&whole).unwrap(), drive_html(&small).unwrap());
    // the script itself is about 30 KiB
    assert!(page.len() < (256 + 32) << 10, "{} bytes", page.len());
    assert!(whole.len() > page.len());
    let last = small.film.frames.len() - 1;
    let (world_from_map, layers) = small.film.layers(last).unwrap();
    assert_same(&layers, world_from_map, known.last().unwrap());
}

/// The map along a recording of a drive is the map that the robot had on that drive.
#[test]
fn a_recorded_drive_shows_the_maps_that_the_robot_had() {
    let mut config = Config::load("mobile_base", None, &[]).unwrap();
    config.controller.planning.enabled = false;
    let directory = tempfile::tempdir().unwrap();
    let mut situation = room(&config);
    situation.walks.clear();
    situation.time_limit_s = 2.0;
    let trials = [Trial {
        name: "rooms".to_owned(),
        situation,
        seed: 2,
    }];
    let drives = demonstrate(&config, &trials, 1, directory.path(), true, |_| ()).unwrap();
    let file = drives[0].file.clone().unwrap();
    let near_m = config.robot.footprint.circumscribed_radius_m() + config.view.inflation_m;
    let mut recorder = MapRecorder::new(config.view);
    let mut known = Vec::new();
    let notes = replay(&file, &BagSettings::default(), &config.controller, |seen| {
        recorder.see(seen.snapshot, seen.volume, near_m, seen.ends);
        known.push(Known {
            t_s: seen.snapshot.stamp.as_secs(),
            world_from_odom: Pose2::IDENTITY,
            snapshot: seen.snapshot.clone(),
            codes: codes(seen.snapshot, seen.volume.unwrap(), near_m),
        });
    });
    assert_eq!(notes.unwrap(), Vec::<String>::new());
    let record = recorder.finish("rooms", None, None).unwrap();
    assert_eq!(record.ticks.len(), drives[0].episode.metrics.ticks as usize);
    let read = record_of_html(&drive_html(&record).unwrap())
        .unwrap()
        .unwrap();
    for (index, frame) in read.film.frames.iter().enumerate() {
        let (pose, layers) = read.film.layers(index).unwrap();
        let then = known
            .iter()
            .find(|known| (known.t_s - frame.t).abs() < 1e-3);
        assert_same(&layers, pose, then.unwrap());
    }
    assert!(read.film.frames.len() > 5);
}

#[test]
fn tracks_are_measured_against_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let common = [
        "bench",
        "tracking",
        "pedestrian",
        "--episodes",
        "2",
        "--seed",
        "10",
    ];
    let measured = |more: &[&str]| -> serde_json::Value {
        let arguments = [&common[..], &["--json", "-"], more].concat();
        let program = env!("CARGO_BIN_EXE_performer-mpc");
        let output = std::process::Command::new(program)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let number = |answer: &serde_json::Value, key: &str| answer[key].as_f64().unwrap();
    let tracked = measured(&["--jobs", "2", "--out", out]);
    assert_eq!(tracked, measured(&[]), "jobs change nothing");
    assert!(number(&tracked, "truths") > 20.0, "{tracked}");
    for share in ["recall", "precision"] {
        assert!((0.8..=1.0).contains(&number(&tracked, share)), "{tracked}");
    }
    assert!(number(&tracked, "mota") <= number(&tracked, "recall"));
    let [mean, most] =
        ["mean", "p90"].map(|of| number(&tracked, &format!("velocity_error_mps_{of}")));
    assert!(0.0 < mean && mean < most, "{tracked}");
    let picture = std::fs::read(directory.path().join("tracking.png")).unwrap();
    assert!(image::load_from_memory(&picture).is_ok());

    let blind = measured(&["--set", "controller.mapper.tracking.enabled=false"]);
    assert_eq!(
        (number(&blind, "recall"), number(&blind, "mota")),
        (0.0, 0.0)
    );
    assert!(number(&blind, "never_confirmed") > 0.0, "{blind}");
}
