//! Trials through doors of real buildings, from files.

use runtime::say;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use mapping::{MapMeta, StaticMap};
use sim::{DoorDirection, DoorPlace, MappedDoor, read_doors};

use crate::config::Config;
use crate::evaluation::DoorRow;
use crate::evaluation::Trial;
use crate::evaluation::pool;
use runtime::cli::{Blame as _, Fault};
use runtime::input::{read_bytes, read_text};

/// Maximum sizes of the list of doors, of a map's metadata and of a map's image, bytes.
const DOORS_MAX: usize = 64 << 20;
const YAML_MAX: usize = 64 << 10;
const IMAGE_MAX: usize = 256 << 20;

/// Files of the doors.
pub(in crate::cli) struct Doors<'a> {
    /// The list, JSON.
    pub file: &'a Path,
    /// Directory of the maps; that of the list by default.
    pub maps: Option<&'a Path>,
    /// Indices in the list of the doors to drive; all by default.
    pub only: Option<&'a [usize]>,
}

/// Drives through passages, each in both directions in sequence.
pub(in crate::cli) struct Passages {
    /// Properties of the passages.
    pub rows: Vec<DoorRow>,
    /// The trials.
    pub trials: Vec<Trial>,
}

impl Passages {
    /// Reads doors and their maps; drive i of the whole list has seed + 2 i.
    pub(in crate::cli) fn read(
        from: &Doors<'_>,
        config: &Config,
        seed: u64,
        jobs: usize,
    ) -> anyhow::Result<Self> {
        let places = places(from)?;
        let rows = pool::map(&places, jobs, |place| rows_of(place, config), |_| {})?;
        let rows: Vec<DoorRow> = rows.into_iter().flatten().collect();
        let trials = places
            .iter()
            .flat_map(|place| std::iter::repeat_n(place, 2))
            .zip(&rows)
            .map(|(place, row)| {
                let number = 2 * row.index as u64 + u64::from(row.direction == DoorDirection::BToA);
                let seed = seed.wrapping_add(2 * number);
                Trial {
                    name: row.name(),
                    situation: place.situation(row.direction, seed),
                    seed,
                }
            })
            .collect();
        Ok(Self { rows, trials })
    }
}

/// The selected doors with their maps.
fn places(from: &Doors<'_>) -> anyhow::Result<Vec<DoorPlace>> {
    let file = from.file;
    let named = || file.display().to_string();
    let bytes = read_bytes(file, DOORS_MAX)
        .with_context(named)
        .blame(Fault::Input)?;
    let doors = read_doors(&bytes).with_context(named).blame(Fault::Input)?;
    let beside = file.parent().unwrap_or(Path::new("."));
    let directory = from.maps.unwrap_or(beside);
    let mut maps = BTreeMap::new();
    for door in &doors {
        if !maps.contains_key(&door.map) {
            let path = directory.join(format!("{}.yaml", door.map));
            let map = read_map(&path)
                .with_context(|| format!("{}: entry {}: map", named(), door.index))
                .blame(Fault::Input)?;
            maps.insert(door.map.clone(), map);
        }
    }
    chosen(from.only, &doors)?
        .into_iter()
        .map(|door| door.place(&maps[&door.map]))
        .collect::<Result<_, _>>()
        .with_context(named)
        .blame(Fault::Input)
}

fn chosen<'a>(
    only: Option<&[usize]>,
    doors: &'a [MappedDoor],
) -> anyhow::Result<Vec<&'a MappedDoor>> {
    let Some(wanted) = only else {
        return Ok(doors.iter().collect());
    };
    wanted
        .iter()
        .map(|&index| {
            doors.get(index).with_context(|| {
                let count = doors.len();
                format!("--doors {index}: the file has {count} doors, counted from 0")
            })
        })
        .collect::<anyhow::Result<_>>()
        .blame(Fault::Usage)
}

fn read_map(yaml: &Path) -> anyhow::Result<StaticMap> {
    let named = || yaml.display().to_string();
    let text = read_text(yaml, YAML_MAX).with_context(named)?;
    let mut notes = Vec::new();
    let meta = MapMeta::from_yaml_noted(&text, &mut notes).with_context(named)?;
    let image = yaml.with_file_name(&meta.image);
    let named = || image.display().to_string();
    let bytes = read_bytes(&image, IMAGE_MAX).with_context(named)?;
    let map = StaticMap::read_noted(&meta, &bytes, &mut notes).with_context(named)?;
    for note in notes {
        say!("note: {}: {note}", yaml.display());
    }
    Ok(map)
}

/// Properties of a passage that are known before the drives, in both directions.
fn rows_of(place: &DoorPlace, config: &Config) -> anyhow::Result<[DoorRow; 2]> {
    let passable = place.is_passable(&config.robot)?;
    let row = |direction| DoorRow {
        index: place.door.index,
        map: place.door.map.clone(),
        direction,
        width_m: place.door.width_m,
        passable,
        start_gap_m: place.start_gap_m(direction, &config.robot),
    };
    Ok([row(DoorDirection::AToB), row(DoorDirection::BToA)])
}
