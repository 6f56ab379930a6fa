//! `map`: offline mapping from recordings.

use runtime::say;
use std::collections::BTreeMap;
use std::path::Path;

use mapping::MapBuilderSettings;
use mapping::MatchingSettings;
use mapping::{MapMeta, MapMode, StaticMap};
use serde::Serialize;

pub(in crate::cli) use super::map_arguments::MapArguments;
use crate::cli::robot::map_arguments::Switch;
use crate::config::Config;
use crate::mapping::{
    BagSettings, Mapped, MappingError, MappingSettings, MatchingFigures, Step, is_depth_sequence,
    map_bag, map_carmen, map_depth, replay,
};
use crate::view::{DriveRecord, MapRecorder, ViewSettings, drive_html, map_png};
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::output::write_atomic;
use runtime::recording::is_recording;

/// JSON output of the command.
#[derive(Debug, Serialize)]
struct Answer {
    command: &'static str,
    log: String,
    scans: usize,
    left_out: usize,
    duration_s: f64,
    path_length_m: f64,
    resolution_m: f64,
    size_m: [f64; 2],
    occupied_cells: usize,
    free_cells: usize,
    matching: Option<MatchingFigures>,
    /// Accepted messages by topic; empty for sources without topics.
    accepted_messages: BTreeMap<String, usize>,
    /// Rejected messages by reason.
    refused_messages: BTreeMap<&'static str, usize>,
    /// Notes for the user: rejected messages, damaged files.
    notes: Vec<String>,
    seconds: f64,
}

pub(in crate::cli) fn run(arguments: &MapArguments) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let is_planar_log = !is_recording(&arguments.source) || is_depth_sequence(&arguments.source);
    if arguments.robot.is_some() && is_planar_log {
        let source = arguments.source.display();
        return Err(anyhow::anyhow!(
            "--robot: {source} is no recording (rosbag2, .db3 or .mcap)"
        ))
        .blame(Fault::Usage);
    }
    let robot = arguments.robot.as_deref();
    let robot = robot.map(|name| Config::load(name, None, &[]));
    let robot = robot.transpose().blame(Fault::Usage)?;
    let bag_settings = arguments.bag_settings().blame(Fault::Usage)?;
    let settings = MappingSettings {
        map: MapBuilderSettings {
            resolution_m: arguments.resolution_m,
            range_m: arguments.range_m,
            ..MapBuilderSettings::default()
        },
        matching: (arguments.matching == Switch::On).then(MatchingSettings::default),
        range_max_m: arguments.range_max_m,
        misses_clear: arguments.misses_clear,
        turn_max_rad_s: arguments.turn_max_rad_s,
    };
    let source = &arguments.source;
    let bar = indicatif::ProgressBar::new_spinner().with_message("mapping");
    let films_map = arguments.html.is_some() && robot.is_none();
    let mut recorder = films_map.then(|| MapRecorder::new(ViewSettings::default()));
    let watch = |step: &Step<'_>| {
        bar.inc(1);
        bar.set_message(format!("mapping: {} scans", step.count));
        if let Some(recorder) = &mut recorder {
            recorder.watch(step);
        }
    };
    let mapped = if is_depth_sequence(source) {
        map_depth(
            source,
            &arguments.depth_settings().blame(Fault::Usage)?,
            &settings,
            watch,
        )
    } else if source.is_dir() || is_recording(source) {
        map_bag(source, &bag_settings, &settings, watch)
    } else {
        map_carmen(source, &settings, watch)
    };
    bar.finish_and_clear();
    let mapped = mapped.map_err(blamed)?;
    let answer = Answer::of(source, &mapped, begun.elapsed().as_secs_f64());
    write(&arguments.out, &mapped, &answer)?;
    if let Some(page) = &arguments.html {
        let record = match (recorder, robot) {
            (Some(recorder), _) => {
                recorder.finish(&title(&mapped, &answer), Some(&mapped.map), None)?
            }
            (None, Some(robot)) => replayed(source, &bag_settings, &robot, &mapped.remarks)?,
            (None, None) => return Ok(()),
        };
        write_atomic(page, drive_html(&record)?.as_bytes())?;
        say!("page:    {}", page.canonicalize()?.display());
    }
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

/// Maps a recording with default arguments, without notes printed before.
pub(in crate::cli) fn write_map(
    source: &Path,
    topics: &BagSettings,
    out: &Path,
    printed: &[String],
) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let mapped = if source.is_dir() || is_recording(source) {
        map_bag(source, topics, &MappingSettings::default(), |_| ())
    } else {
        map_carmen(source, &MappingSettings::default(), |_| ())
    };
    let mut mapped = mapped.map_err(blamed)?;
    mapped.remarks.retain(|remark| !printed.contains(remark));
    let answer = Answer::of(source, &mapped, begun.elapsed().as_secs_f64());
    write(out, &mapped, &answer)
}

fn blamed(error: MappingError) -> anyhow::Error {
    let fault = match error {
        MappingError::Settings(_) => Fault::Usage,
        _ => Fault::Input,
    };
    anyhow::Error::from(error).context(fault)
}

impl Answer {
    fn of(source: &Path, mapped: &Mapped, seconds: f64) -> Self {
        let map = &mapped.map;
        let size = |cells: usize| cells as f64 * map.frame().resolution_m;
        let count = |kind: i8| map.occupancy().iter().filter(|v| **v == kind).count();
        let path = &mapped.path;
        Self {
            command: "map",
            scans: path.len(),
            left_out: mapped.left_out,
            duration_s: mapped
                .span
                .map_or(0.0, |(first, last)| last.secs_since(first)),
            path_length_m: path.windows(2).map(|p| (p[1] - p[0]).norm()).sum(),
            resolution_m: map.frame().resolution_m,
            size_m: [size(map.frame().width), size(map.frame().height)],
            occupied_cells: count(StaticMap::OCCUPIED),
            free_cells: count(StaticMap::FREE),
            matching: mapped.matching,
            accepted_messages: mapped
                .refusals
                .accepted()
                .into_iter()
                .map(|(topic, count)| (topic.to_owned(), count))
                .collect(),
            refused_messages: mapped.refusals.by_class(),
            notes: mapped.remarks.clone(),
            seconds,
            log: source.display().to_string(),
        }
    }
}

fn write(directory: &Path, mapped: &Mapped, answer: &Answer) -> anyhow::Result<()> {
    let map = &mapped.map;
    let origin = map.frame().origin;
    let meta = MapMeta {
        image: "map.png".to_owned(),
        mode: MapMode::Trinary,
        resolution: map.frame().resolution_m,
        origin: [origin.x, origin.y, 0.0],
        negate: false,
        occupied_thresh: 0.65,
        free_thresh: 0.196,
    };
    let image = map.write(&meta, image::ImageFormat::Png)?;
    write_atomic(&directory.join("map.png"), &image)?;
    write_atomic(&directory.join("map.yaml"), meta.to_yaml()?.as_bytes())?;
    let title = title(mapped, answer);
    let picture = map_png(&title, map, &mapped.path, &[])?;
    write_atomic(&directory.join("picture.png"), &picture)?;
    let shown = directory.canonicalize()?;
    say!("{title}");
    for remark in &mapped.remarks {
        say!("note:    {remark}");
    }
    say!("map:     {}", shown.join("map.yaml").display());
    say!("picture: {}", shown.join("picture.png").display());
    Ok(())
}

/// Result in one line.
fn title(mapped: &Mapped, answer: &Answer) -> String {
    let log = Path::new(&answer.log).file_name().unwrap_or_default();
    format!(
        "{} · {} {} · {:.0} m driven · {:.0} x {:.0} m",
        log.to_string_lossy(),
        answer.scans,
        mapped.kind,
        answer.path_length_m,
        answer.size_m[0],
        answer.size_m[1]
    )
}

/// Replays the recording through the controller's mapper, without notes printed before.
fn replayed(
    source: &Path,
    bag: &BagSettings,
    robot: &Config,
    printed: &[String],
) -> anyhow::Result<DriveRecord> {
    let footprint = &robot.controller.footprint;
    let near_m = footprint.circumscribed_radius_m() + robot.view.inflation_m;
    let mut recorder = MapRecorder::new(robot.view);
    let notes = replay(source, bag, &robot.controller, |seen| {
        recorder.see(seen.snapshot, seen.volume, near_m, seen.ends);
    })
    .blame(Fault::Input)?;
    for note in notes.iter().filter(|note| !printed.contains(note)) {
        say!("note:    {note}");
    }
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let title = format!("{name} · map of the {} robot", robot.robot.name);
    Ok(recorder.finish(&title, None, Some(footprint))?)
}
