//! Logs and maps as text: what holds of all of them.
#![allow(clippy::unwrap_used)]

use mapping::{MapMeta, MapMode};
use proptest::prelude::*;
use recordings::{CarmenLog, CarmenSettings};

/// A line of a log, and whether it holds a scan.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    is_scan: bool,
}

fn scan_line(ranges: &[f32], pose: [f64; 3], is_robot_laser: bool) -> impl Fn(usize) -> String {
    let list: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    let (count, list, [x, y, theta]) = (ranges.len(), list.join(" "), pose);
    move |number| {
        let poses = format!("{x} {y} {theta} {x} {y} {theta}");
        let time_s = 100.0 + number as f64;
        if is_robot_laser {
            format!(
                "ROBOTLASER1 0 -1.5 3.1 0.05 80 0.01 0 {count} {list} 0 {poses} 0.1 0 0.4 0.3 1e6 {time_s} host {time_s}"
            )
        } else {
            format!("FLASER {count} {list} {poses} {time_s} host {time_s}")
        }
    }
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let scan = (
        prop::collection::vec(0.0_f32..90.0, 2..40),
        prop::array::uniform3(-50.0_f64..50.0),
        any::<bool>(),
    );
    let scan = scan.prop_map(|(ranges, pose, is_robot)| {
        // the number is filled in by the place in the log
        (Some((ranges, pose, is_robot)), String::new())
    });
    let other = prop::sample::select(vec![
        "# a comment",
        "",
        "PARAM robot_frontlaser_offset 0.1 nohost 0",
        "ODOM 1 2 0.5 0.1 0 0 99 host 99",
        "SYNC 1",
        "TRUEPOS 1 2 3 1 2 3 99 host 99",
        "GPS 1 2 3",
        "GRÜN 1",
    ]);
    let other = other.prop_map(|text: &str| (None, text.to_owned()));
    prop::collection::vec(prop_oneof![2 => scan, 1 => other], 1..30).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(number, (scan, text))| match scan {
            Some((ranges, pose, is_robot)) => Line {
                text: scan_line(&ranges, pose, is_robot)(number),
                is_scan: true,
            },
            None => Line {
                text,
                is_scan: false,
            },
        })
        .collect()
    })
}

/// The text of a log whose lines end like this.
fn joined(lines: &[Line], end: &str) -> String {
    lines
        .iter()
        .flat_map(|line| [line.text.as_str(), end])
        .collect()
}

fn read(text: &[u8]) -> CarmenLog {
    CarmenLog::read(text, CarmenSettings::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Every line of a scan gives one, whatever stands between them; lines end as systems end them.
    #[test]
    fn every_scan_of_a_mixed_log_is_read(
        lines in lines(),
        end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let text = joined(&lines, end);
        let log = read(text.as_bytes());
        let places = lines.iter().enumerate().filter(|(_, line)| line.is_scan);
        let places: Vec<usize> = places.map(|(place, _)| place + 1).collect();
        let found: Vec<usize> = log.scans.iter().map(|scan| scan.line).collect();
        prop_assert_eq!(found, places);
        prop_assert!(log.refused.is_none() && log.damage.is_none(), "{:?}", log.notes());
    }

    /// A log cut at any byte has the scans of its whole lines, and its last line costs at most itself.
    #[test]
    fn a_log_cut_at_any_byte_has_the_scans_before_the_cut(lines in lines(), share in 0.0_f64..1.0) {
        let mut bytes = joined(&lines, "\n").into_bytes();
        let whole = read(&bytes).scans;
        bytes.truncate((share * bytes.len() as f64) as usize);
        let kept = bytes.split(|byte| *byte == b'\n').count() - 1;
        let cut = read(&bytes);
        let before = whole.iter().filter(|scan| scan.line <= kept).count();
        // as text: readings beyond the range are NaN
        prop_assert_eq!(format!("{:?}", &cut.scans[..before]), format!("{:?}", &whole[..before]));
        let lost = cut.refused.as_ref().map_or(0, |(count, _)| *count);
        prop_assert!(cut.scans.len() + lost <= before + 1);
        prop_assert!(cut.damage.is_none());
    }

    /// A map's file means the same however its numbers are written.
    #[test]
    fn a_map_is_the_same_however_its_numbers_are_written(
        resolution in 0.001_f64..1.0,
        place in prop::array::uniform2(-1e3_f64..1e3),
        yaw in prop_oneof![Just("0".to_owned()), Just("nan".to_owned()), Just("-nan".to_owned()), Just(".nan".to_owned()), Just("-0.0".to_owned()),
            (-1e-4_f64..1e-4).prop_map(|yaw| format!("{yaw:e}")), (-1e-4_f64..1e-4).prop_map(|yaw| yaw.to_string())],
        quotes in prop::array::uniform4(prop::sample::select(vec!["", "'", "\""])),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        negate in prop::sample::select(vec![("0", false), ("1", true), ("false", false), ("true", true)]),
        mode in prop::sample::select(vec![
            (None, MapMode::Trinary), (Some("trinary"), MapMode::Trinary), (Some("scale"), MapMode::Scale), (Some("raw"), MapMode::Raw),
        ]),
        is_block: bool,
    ) {
        let [a, b, c, d] = quotes;
        let [x, y] = place;
        let origin = if is_block {
            format!("{end}  - {b}{x}{b}{end}  - {y}{end}  - {c}{yaw}{c}")
        } else {
            format!(" [{b}{x}{b}, {y}, {c}{yaw}{c}]")
        };
        let (negate, is_negated) = negate;
        let mut text = format!(
            "{mark}image: map.png{end}resolution: {a}{resolution}{a}{end}origin:{origin}{end}negate: {d}{negate}{d}{end}\
             occupied_thresh: {d}0.65{d}{end}free_thresh: 0.196{end}"
        );
        if let Some(mode) = mode.0 {
            text += &format!("mode: {mode}{end}");
        }
        let meta = MapMeta::from_yaml(&text);
        prop_assert!(meta.is_ok(), "{:?}\n{}", meta, text);
        let meta = meta.unwrap();
        prop_assert_eq!(meta.resolution, resolution);
        prop_assert_eq!(meta.origin, [x, y, 0.0]);
        prop_assert_eq!((meta.negate, meta.mode), (is_negated, mode.1));
        // and what is read is written and read back the same
        prop_assert_eq!(MapMeta::from_yaml(&meta.to_yaml().unwrap()).unwrap(), meta);
    }

    /// A map that is turned is refused by name.
    #[test]
    fn a_turned_map_is_refused(yaw in prop_oneof![-3.0_f64..-2e-4, 2e-4_f64..3.0]) {
        let text = format!(
            "image: map.png\nresolution: 0.05\norigin: [0, 0, {yaw}]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.2\n"
        );
        let error = MapMeta::from_yaml(&text).unwrap_err().to_string();
        prop_assert!(error.contains("origin") && error.contains("yaw"), "{error}");
    }
}
