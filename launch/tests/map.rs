//! Maps from recordings against maps of the same buildings.
#![allow(clippy::unwrap_used)]

#[path = "../../perception/tests/shared/mod.rs"]
mod shared;

use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use launch::mapping::{
    BagSettings, DepthSettings, MappingSettings, is_depth_sequence, map_bag, map_depth,
};
use launch::view::layers::{KIND, Layers, STANDS};
use launch::view::{MapRecorder, ViewSettings};
use mapping::{MapMeta, StaticMap};
use mapping::{MatchingSettings, register_maps};
use perception::{Distortion, Point2, Pose2, VolumeSettings};
use recordings::BagReader as _;
use runtime::recording::{is_recording, open_recording};
use shared::shared;

/// A cell agrees with one this near, m.
const NEAR_M: f64 = 0.10;
/// Share of the walls that must agree.
const AGREEMENT_MIN: f64 = 0.85;

fn occupied(map: &StaticMap) -> Vec<Point2> {
    let frame = map.frame();
    map.occupancy()
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == StaticMap::OCCUPIED)
        .map(|(index, _)| frame.centre_of(index % frame.width, index / frame.width))
        .collect()
}

/// True when an occupied cell of the map is within reach of the point.
fn is_near(map: &StaticMap, point: Point2, reach_m: f64) -> bool {
    let frame = map.frame();
    let reach = (reach_m / frame.resolution_m).ceil() as i64;
    let (column, row) = frame.signed_cell(point);
    (column - reach..=column + reach).any(|column| {
        (row - reach..=row + reach).any(|row| {
            frame.contains(column, row) && {
                let (column, row) = (column as usize, row as usize);
                map.occupancy()[frame.index(column, row)] == StaticMap::OCCUPIED
                    && (frame.centre_of(column, row) - point).norm() <= reach_m
            }
        })
    })
}

/// True when the map knows the cell of a point.
fn is_known(map: &StaticMap, point: Point2) -> bool {
    let frame = map.frame();
    let cell = frame.cell_of(point);
    cell.is_some_and(|(column, row)| {
        map.occupancy()[frame.index(column, row)] != StaticMap::UNKNOWN
    })
}

/// Occupied cells of what stands in one piece of at least this length, be it along x or y: walls,
/// not furniture, which moves.
const WALL_M: f64 = 1.5;
/// Gaps in a wall that do not part it, m.
const GAP_M: f64 = 0.1;

fn walls(map: &StaticMap) -> Vec<Point2> {
    let frame = *map.frame();
    let is_occupied = |index: usize| map.occupancy()[index] == StaticMap::OCCUPIED;
    let mut seen = vec![false; frame.len()];
    let mut walls = Vec::new();
    let gap = (GAP_M / frame.resolution_m).round() as i64;
    for start in (0..frame.len()).filter(|&index| is_occupied(index)) {
        let (mut piece, mut next) = (vec![start], 0);
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some(&index) = piece.get(next) {
            next += 1;
            let (column, row) = ((index % frame.width) as i64, (index / frame.width) as i64);
            for (right, up) in
                (-gap..=gap).flat_map(|up| (-gap..=gap).map(move |right| (right, up)))
            {
                let (column, row) = (column + right, row + up);
                if frame.contains(column, row) {
                    let index = frame.index(column as usize, row as usize);
                    if is_occupied(index) && !std::mem::replace(&mut seen[index], true) {
                        piece.push(index);
                    }
                }
            }
        }
        let points: Vec<Point2> = piece
            .iter()
            .map(|index| frame.centre_of(index % frame.width, index / frame.width))
            .collect();
        let (low, high) = points
            .iter()
            .fold((points[0], points[0]), |(low, high), point| {
                (low.inf(point), high.sup(point))
            });
        if (high - low).amax() >= WALL_M {
            walls.extend(points);
        }
    }
    walls
}

fn share(cells: &[Point2], good: impl Fn(Point2) -> bool) -> f64 {
    cells.iter().filter(|&&cell| good(cell)).count() as f64 / cells.len() as f64
}

#[test]
fn a_turtlebots_map_agrees_with_the_map_of_the_building() {
    let Some(data) = shared("data/sensors/tb4_mac") else {
        return;
    };
    let yaml = std::fs::read_to_string(data.join("mac_1st_floor_final.yaml")).unwrap();
    let meta = MapMeta::from_yaml(&yaml).unwrap();
    let mut image = Vec::new();
    GzDecoder::new(std::fs::File::open(data.join("mac_1st_floor_final.pgm.gz")).unwrap())
        .read_to_end(&mut image)
        .unwrap();
    let theirs = StaticMap::read(&meta, &image).unwrap();
    for matching in [None, Some(MatchingSettings::default())] {
        let settings = MappingSettings {
            matching,
            ..MappingSettings::default()
        };
        let mapped = map_bag(&data, &BagSettings::default(), &settings, |_| ()).unwrap();
        assert!(mapped.path.len() > 340, "{} scans", mapped.path.len());
        let ours = &mapped.map;
        let found = register_maps(ours, &theirs).unwrap();
        let theirs_from_ours = found.pose;
        let ours_from_theirs: Pose2 = theirs_from_ours.inverse();
        let in_view = |cell: &Point2| is_known(ours, ours_from_theirs * *cell);
        let ours_is_near = |cell| is_near(ours, ours_from_theirs * cell, NEAR_M);
        let theirs_is_near = |cell| is_near(&theirs, theirs_from_ours * cell, NEAR_M);
        let told = |what: &str, mine: Vec<Point2>, yours: Vec<Point2>| {
            let yours: Vec<Point2> = yours.into_iter().filter(in_view).collect();
            let (right, seen) = (share(&mine, theirs_is_near), share(&yours, ours_is_near));
            println!(
                "matching {}, {what}: {right:.4} of our {} cells are theirs, {seen:.4} of their {} in \
                 view are ours",
                matching.is_some(),
                mine.len(),
                yours.len()
            );
            (right, seen)
        };
        told("all that is occupied", occupied(ours), occupied(&theirs));
        let (right, seen) = told("walls", walls(ours), walls(&theirs));
        if matching.is_some() {
            assert!(right >= AGREEMENT_MIN, "{right}");
            assert!(seen >= AGREEMENT_MIN, "{seen}");
        }
    }
}

fn slambook() -> DepthSettings {
    DepthSettings {
        intrinsics: [518.0, 519.0, 325.5, 253.5],
        distortion: Distortion::default(),
        units_per_m: 1000.0,
        up: [0.0, -1.0, 0.0],
        volume: VolumeSettings::default(),
    }
}

#[test]
fn depth_images_of_a_room_become_a_map() {
    let Some(data) = shared("data/sensors/rgbd_slambook") else {
        return;
    };
    assert!(is_depth_sequence(&data) && !is_recording(&data));
    let mapped = map_depth(&data, &slambook(), &MappingSettings::default(), |_| ()).unwrap();
    assert_eq!((mapped.path.len(), mapped.left_out), (5, 0));
    let walls = occupied(&mapped.map);
    assert!(walls.len() > 500, "{} occupied cells", walls.len());
    // the camera went where nothing stands
    for place in &mapped.path {
        assert!(!walls.iter().any(|wall| (wall - place).norm() < 0.1));
    }
}

/// The page of a map ends with the map, and watching changes nothing.
#[test]
fn pages_of_maps_end_with_the_map() {
    let settings = MappingSettings::default();
    let mut recorder = MapRecorder::new(ViewSettings::default());
    let Some(data) = shared("data/sensors/tb4_mac") else {
        return;
    };
    let bag = BagSettings::default();
    let map = map_bag(&data, &bag, &settings, |step| recorder.watch(step));
    let map = map.unwrap().map;
    assert_eq!(map_bag(&data, &bag, &settings, |_| ()).unwrap().map, map);
    let record = recorder.finish("tb4", Some(&map), None).unwrap();
    assert!(record.ticks.len() > 340);
    let film = record.film;
    assert!(film.frames.len() > 100, "{} maps", film.frames.len());
    assert!(film.frames[0].size < film.frames[film.frames.len() - 1].size);
    let (_, layers) = film.layers(film.frames.len() - 1).unwrap();
    assert_eq!(layers.cells, Layers::of_map(&map).cells);
    let Some(data) = shared("data/sensors/rgbd_slambook") else {
        return;
    };
    let mut recorder = MapRecorder::new(ViewSettings::default());
    let watched = map_depth(&data, &slambook(), &settings, |step| recorder.watch(step)).unwrap();
    let alone = map_depth(&data, &slambook(), &settings, |_| ()).unwrap();
    assert_eq!(watched.map, alone.map);
    let film = recorder.finish("room", None, None).unwrap().film;
    assert_eq!(film.frames.len(), 5);
    let (_, layers) = film.layers(4).unwrap();
    let plain = |code: &u8| (code & KIND).min(STANDS);
    let cells: Vec<u8> = layers.cells.iter().map(plain).collect();
    assert_eq!(cells, Layers::of_map(&watched.map).cells);
}

#[test]
fn what_is_no_recording_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let message = |name: &str| match open_recording(&path.join(name), |_| true) {
        Ok(_) => panic!("{name} was opened"),
        Err(error) => error.to_string(),
    };
    assert!(message("").contains("expected metadata.yaml, .db3 or .mcap"));
    assert!(message("none.db3").contains("none.db3: no such file or directory; expected"));
    std::fs::write(path.join("text.db3"), "a text").unwrap();
    assert!(message("text.db3").contains("neither a rosbag2 database nor MCAP"));
    std::fs::write(path.join("cut.db3"), b"SQLite format 3\0 and no more").unwrap();
    assert!(message("cut.db3").contains("not a whole rosbag2 database"));
    std::fs::write(path.join("cut.mcap"), b"\x89MCAP0\r\n").unwrap();
    assert!(message("cut.mcap").contains("not a whole MCAP file"));
    std::fs::write(path.join("metadata.yaml"), "a: 1").unwrap();
    assert!(message("").contains("expected rosbag2_bagfile_information"));
}

/// A recording compressed as a whole, or under a name that an address must spell out, is the same.
#[test]
fn compressed_files_and_odd_names_are_read() {
    let Some(data) = shared("data/sensors/tb4_mac") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(data.join("macfirst_floor_take_2_0.db3")).unwrap();
    let odd = directory.path().join("a b?c#d%20.db3");
    std::fs::write(&odd, &whole).unwrap();
    let packed = directory.path().join("a.db3.zstd");
    std::fs::write(&packed, zstd::encode_all(whole.as_slice(), 1).unwrap()).unwrap();
    let count = |path: &Path| {
        let mut bag = open_recording(path, |_| true).unwrap();
        bag.select(&["/scan"]);
        let mut count = 0;
        while bag.next_message().unwrap().is_some() {
            count += 1;
        }
        count
    };
    for path in [&data, &odd, &packed] {
        assert!(is_recording(path));
        assert_eq!(count(path), 357, "{}", path.display());
    }
}
