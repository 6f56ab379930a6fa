//! Maps built from the logs of real robots against reference maps of the same buildings.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/shared/mod.rs"]
mod shared;

use std::io::{BufReader, Read as _};
use std::path::Path;

use flate2::read::GzDecoder;
use mapping::{MapBuilder, MapBuilderSettings};
use mapping::{MapMeta, StaticMap};
use perception::Point2;
use recordings::{CarmenReader, CarmenSettings};
use shared::shared;

/// A cell agrees with one this near, m.
const NEAR_M: f64 = 0.10;
/// Share of cells that must agree.
const AGREEMENT_MIN: f64 = 0.90;

fn built(data: &Path, name: &str) -> StaticMap {
    let path = data.join(format!("sensors/carmen/{name}-corrected.log.gz"));
    let log = BufReader::new(GzDecoder::new(std::fs::File::open(path).unwrap()));
    let mut builder = MapBuilder::new(MapBuilderSettings::default()).unwrap();
    for scan in CarmenReader::new(log, CarmenSettings::default()) {
        let scan = scan.unwrap();
        builder.add(scan.map_from_lidar, &scan.scan).unwrap();
    }
    builder.finish()
}

fn reference(data: &Path, name: &str) -> StaticMap {
    let yaml = std::fs::read_to_string(data.join(format!("maps/{name}.yaml"))).unwrap();
    let meta = MapMeta::from_yaml(&yaml).unwrap();
    let mut image = Vec::new();
    std::fs::File::open(data.join("maps").join(&meta.image))
        .unwrap()
        .read_to_end(&mut image)
        .unwrap();
    StaticMap::read(&meta, &image).unwrap()
}

fn occupied(map: &StaticMap) -> Vec<Point2> {
    let frame = map.frame();
    map.occupancy()
        .iter()
        .enumerate()
        .filter(|(_, value)| **value == StaticMap::OCCUPIED)
        .map(|(index, _)| frame.centre_of(index % frame.width, index / frame.width))
        .collect()
}

/// Share of `cells` that have the centre of an occupied cell of `map` within reach.
fn agreement(cells: &[Point2], map: &StaticMap) -> f64 {
    let frame = map.frame();
    let reach = (NEAR_M / frame.resolution_m).ceil() as i64;
    let is_near = |cell: &&Point2| {
        let (column, row) = frame.signed_cell(**cell);
        (column - reach..=column + reach).any(|column| {
            (row - reach..=row + reach).any(|row| {
                frame.contains(column, row) && {
                    let (column, row) = (column as usize, row as usize);
                    map.occupancy()[frame.index(column, row)] == StaticMap::OCCUPIED
                        && (frame.centre_of(column, row) - **cell).norm() <= NEAR_M
                }
            })
        })
    };
    cells.iter().filter(is_near).count() as f64 / cells.len() as f64
}

#[test]
fn our_maps_agree_with_the_reference_maps() {
    let Some(data) = shared("data") else { return };
    for name in ["freiburg-079", "aces"] {
        let (ours, theirs) = (built(&data, name), reference(&data, name));
        let found = agreement(&occupied(&theirs), &ours);
        let right = agreement(&occupied(&ours), &theirs);
        println!("{name}: {found:.4} of their occupied cells are ours, {right:.4} of ours theirs");
        assert!(found >= AGREEMENT_MIN, "{name}: {found}");
        assert!(right >= AGREEMENT_MIN, "{name}: {right}");
    }
}
