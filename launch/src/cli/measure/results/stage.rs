//! Settings and trials of a planned row.

use runtime::say;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use sim::{Recording, shortest_way_m};

use crate::cli::measure::evaluate::{Doors, Passages};
use crate::cli::options::{AMONG_RECORDED, place};
use crate::cli::simulate::world_file;
use crate::config::Config;
use crate::evaluation::DoorRow;
use crate::evaluation::Trial;
use crate::evaluation::pool;
use crate::evaluation::read_recordings;
use crate::results::{Arena, Planned};
use runtime::cli::SettingsOptions;
use runtime::cli::{Blame as _, Fault};

/// Distance between the error seeds of one situation; even, so that odd seeds stay odd.
const REPEAT_SEEDS: u64 = 2_000_000;
/// Number of seeds of a recording tried per requested drive.
const PATIENCE: u64 = 4;

/// Data of the user; rows without their data are omitted.
#[derive(Debug, Args)]
pub(super) struct DataOptions {
    /// Doors of real buildings, JSON, as `evaluate doors` takes them.
    #[arg(long, value_name = "FILE")]
    pub doors: Option<PathBuf>,
    /// Directory of the maps of the doors; by default that of their file.
    #[arg(long, value_name = "DIR", requires = "doors")]
    pub maps: Option<PathBuf>,
    /// Recorded pedestrians: CSV lines t,id,x,y, or a directory of such files. May be repeated.
    #[arg(long, value_name = "FILE|DIR")]
    pub replay: Vec<PathBuf>,
    /// BARN challenge worlds: a file of JSON lines, or a directory of `.world` files.
    #[arg(long, value_name = "FILE|DIR")]
    pub barn: Option<PathBuf>,
}

/// Number of trials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Seed of the first situation.
    pub seed: u64,
    /// True: a few situations only.
    pub quick: bool,
    /// Number of threads for generating trials.
    pub jobs: usize,
}

/// Settings and trials.
pub(super) struct Stage {
    pub config: Config,
    /// Trials ordered by situation, with repetitions.
    pub trials: Vec<Trial>,
    /// Number of drives per situation.
    pub repeats: usize,
    /// Doors by situation, if the situations are doors.
    doors: BTreeMap<u64, DoorRow>,
    /// Shortest path length by situation, m.
    shortest_m: BTreeMap<u64, f64>,
}

impl DataOptions {
    /// The missing option that a row requires.
    pub(super) fn missing(&self, planned: &Planned) -> Option<&'static str> {
        match planned.arena {
            Arena::Doors if self.doors.is_none() => Some("--doors"),
            Arena::Recordings if self.replay.is_empty() => Some("--replay"),
            Arena::Barn if self.barn.is_none() => Some("--barn"),
            _ => None,
        }
    }

    /// The options as on a command line, with file names instead of paths.
    pub(super) fn typed(&self) -> String {
        let mut text = String::new();
        let mut say = |option: &str, path: &Path| {
            let name = path.file_name().unwrap_or(path.as_os_str());
            text += &format!(" {option} {}", name.to_string_lossy());
        };
        for (option, path) in [
            ("--doors", &self.doors),
            ("--maps", &self.maps),
            ("--barn", &self.barn),
        ] {
            if let Some(path) = path {
                say(option, path);
            }
        }
        for path in &self.replay {
            say("--replay", path);
        }
        text
    }
}

impl Stage {
    /// Generates settings and trials of a row.
    pub(super) fn of(
        planned: &Planned,
        data: &DataOptions,
        extent: Extent,
    ) -> anyhow::Result<Self> {
        let settings = SettingsOptions {
            config: None,
            overrides: planned.settings.iter().map(|&set| set.to_owned()).collect(),
        };
        let count = if extent.quick {
            planned.quick
        } else {
            planned.situations
        };
        let mut rows = Vec::new();
        let (config, drawn) = match planned.arena {
            Arena::Drawn(scenario) => {
                let (config, scenario) = place(scenario, None, &settings)?;
                let drawn = Trial::draw(&scenario, extent.seed, count).blame(Fault::Usage)?;
                (config, drawn)
            }
            Arena::Doors => {
                let mut config: Config = settings.load("round")?;
                config.controller.planning.enabled = false;
                let doors = Doors {
                    file: given(data.doors.as_deref(), "--doors")?,
                    maps: data.maps.as_deref(),
                    only: None,
                };
                let passages = Passages::read(&doors, &config, extent.seed, extent.jobs)?;
                rows = passages.rows;
                (config, passages.trials)
            }
            Arena::Barn => {
                let config = settings.load("jackal")?;
                (config, worlds(data, extent.seed)?)
            }
            Arena::Recordings => {
                let mut config: Config = settings.load(AMONG_RECORDED)?;
                config.controller.planning.enabled = false;
                let drawn = recorded(data, &config, extent.seed, count)?;
                (config, drawn)
            }
        };
        let mut doors: BTreeMap<u64, DoorRow> = drawn
            .iter()
            .map(|trial| trial.situation.seed)
            .zip(rows)
            .collect();
        let drawn = match planned.arena {
            Arena::Doors | Arena::Barn => thinned(drawn, count as usize),
            Arena::Drawn(_) | Arena::Recordings => drawn,
        };
        let known: BTreeSet<u64> = drawn.iter().map(|trial| trial.situation.seed).collect();
        if known.len() < drawn.len() {
            let error = anyhow!("{}: two situations have the same number", planned.title);
            return Err(error).blame(Fault::Input);
        }
        doors.retain(|seed, _| known.contains(seed));
        let repeats = if extent.quick {
            planned.repeats.min(2)
        } else {
            planned.repeats
        };
        let ways = pool::map(
            &drawn,
            extent.jobs,
            |trial| Ok::<_, anyhow::Error>(shortest_way_m(&trial.situation, &config.robot)),
            |_| {},
        )?;
        let shortest_m = drawn
            .iter()
            .zip(ways)
            .filter_map(|(trial, way_m)| Some((trial.situation.seed, way_m?)))
            .collect();
        let again = |trial: &Trial, repeat: u32| Trial {
            seed: trial.seed.wrapping_add(REPEAT_SEEDS * u64::from(repeat)),
            ..trial.clone()
        };
        let trials = drawn
            .iter()
            .flat_map(|trial| (0..repeats).map(|repeat| again(trial, repeat)))
            .collect();
        Ok(Self {
            config,
            trials,
            repeats: repeats as usize,
            doors,
            shortest_m,
        })
    }

    /// Properties of a situation's door.
    pub(super) fn door(&self, situation: u64) -> Option<&DoorRow> {
        self.doors.get(&situation)
    }

    /// Shortest path length of a situation, m.
    pub(super) fn shortest_m(&self, situation: u64) -> Option<f64> {
        self.shortest_m.get(&situation).copied()
    }
}

fn given<'a>(path: Option<&'a Path>, option: &str) -> anyhow::Result<&'a Path> {
    path.ok_or_else(|| anyhow!("{option} is not given"))
        .blame(Fault::Usage)
}

/// Up to `count` trials, evenly spaced.
fn thinned(trials: Vec<Trial>, count: usize) -> Vec<Trial> {
    let step = trials.len().div_ceil(count.max(1)).max(1);
    trials.into_iter().step_by(step).collect()
}

fn worlds(data: &DataOptions, seed: u64) -> anyhow::Result<Vec<Trial>> {
    let path = given(data.barn.as_deref(), "--barn")?;
    let worlds = world_file::read(path, &[])
        .with_context(|| path.display().to_string())
        .blame(Fault::Input)?;
    let trials = worlds
        .into_iter()
        .zip(0_u64..)
        .map(|(world, number)| Trial {
            name: world.trial.id,
            situation: world.trial.situation,
            seed: seed.wrapping_add(2 * number),
        });
    Ok(trials.collect())
}

/// A number of drives of each recording, from the first valid seeds. A recording without any is
/// omitted.
fn recorded(
    data: &DataOptions,
    config: &Config,
    seed: u64,
    count: u32,
) -> anyhow::Result<Vec<Trial>> {
    let settings = &config.scenario.replay;
    settings.validate().blame(Fault::Usage)?;
    let recordings = read_recordings(&data.replay, None).blame(Fault::Input)?;
    let mut trials = Vec::new();
    for (turn, recording) in (0_u64..).zip(&recordings) {
        let drawn = drawn_of(
            recording,
            settings,
            seed.wrapping_add(2 * turn),
            count,
            recordings.len(),
        );
        if drawn.len() < count as usize {
            say!(
                "{}: {} of {count} drives can be drawn",
                recording.name,
                drawn.len()
            );
        }
        trials.extend(drawn);
    }
    Ok(trials)
}

fn drawn_of(
    recording: &Recording,
    settings: &sim::ReplaySettings,
    first: u64,
    count: u32,
    recordings: usize,
) -> Vec<Trial> {
    (0..PATIENCE * u64::from(count))
        .map(|attempt| first.wrapping_add(2 * attempt * recordings as u64))
        .filter_map(|seed| {
            let situation = settings.situation(recording, seed).ok()?;
            Some(Trial {
                name: recording.name.clone(),
                situation,
                seed,
            })
        })
        .take(count as usize)
        .collect()
}
