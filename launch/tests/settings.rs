//! Settings: any value of any number is refused by its name, or the robot drives with it.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::time::Duration;

use launch::Config;
use proptest::prelude::*;
use runtime::{ConfigError, Driver};
use sim::Scenario;
use toml::{Table, Value};

/// Numbers that no robot and no machine has.
const HOSTILE: [f64; 9] = [
    0.0,
    -1.0,
    1e-300,
    1e9,
    1e12,
    1e300,
    u64::MAX as f64,
    f64::NAN,
    f64::INFINITY,
];
/// Memory that all drives of this file together may take at most, kB.
const MEMORY_MAX_KB: u64 = 1 << 20;

/// A step from a table or a list to what it holds.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// All settings of the robot that has every kind of sensor.
fn settings() -> Table {
    let overrides = [
        "controller.mapper.volume.enabled=true",
        "controller.mapper.motion.enabled=true",
        "controller.mpc.horizon=5",
    ];
    let overrides = overrides.map(str::to_owned);
    let config = Config::load("mobile_base", None, &overrides).unwrap();
    Table::try_from(config).unwrap()
}

/// Where the numbers are.
fn numbers(table: &Table) -> Vec<Vec<Step>> {
    fn walk(value: &Value, at: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
        match value {
            Value::Integer(_) | Value::Float(_) => found.push(at.clone()),
            Value::Table(table) => {
                for (key, value) in table {
                    at.push(Step::Key(key.clone()));
                    walk(value, at, found);
                    at.pop();
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    at.push(Step::Index(index));
                    walk(value, at, found);
                    at.pop();
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&Value::Table(table.clone()), &mut Vec::new(), &mut found);
    found
}

fn set(table: &mut Table, at: &[Step], number: f64) {
    let mut root = Value::Table(std::mem::take(table));
    let mut slot = &mut root;
    for step in at {
        slot = match step {
            Step::Key(key) => slot.get_mut(key.as_str()).unwrap(),
            Step::Index(index) => slot.get_mut(*index).unwrap(),
        };
    }
    *slot = match slot {
        Value::Integer(_) if number.fract() == 0.0 && number.abs() < 9e18 => {
            Value::Integer(number as i64)
        }
        _ => Value::Float(number),
    };
    *table = root.as_table().unwrap().clone();
}

/// The name of the last key, by which an error must call it.
fn name(at: &[Step]) -> &str {
    at.iter()
        .rev()
        .find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .unwrap()
}

fn load(table: &Table) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(toml::to_string(table).unwrap().as_bytes())
        .unwrap();
    Config::load("mobile_base", Some(file.path()), &[])
}

/// Drives a few ticks in a doorway, and draws a situation of the scenario whose setting it is.
fn drives(config: &Config, at: &[Step]) {
    let mut agent = Driver::Regular.agent(&config.controller).unwrap();
    let mut situation = Scenario::Doorway(sim::DoorwaySettings::default())
        .situation(3)
        .unwrap();
    situation.time_limit_s = 0.11;
    let mut clock = || Duration::ZERO;
    let drive = &config.drive;
    sim::drive(
        &situation,
        &config.robot,
        drive,
        &mut agent,
        3,
        &mut clock,
        &mut |_| {},
    )
    .unwrap();
    let command = agent.action().command;
    assert!(command.linear.is_finite() && command.angular.is_finite());
    if let [Step::Key(table), Step::Key(scenario), ..] = at
        && table == "scenario"
        && let Some(scenario) = config.scenario(scenario)
    {
        // too narrow settings find no situation, and say so
        let _ = scenario.situation(3);
    }
}

/// The most memory that this process ever had, kB; 0 where the system does not say.
fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

#[test]
fn no_number_aborts_hangs_or_allocates_without_bound() {
    let usual = settings();
    let mut accepted = 0;
    for at in numbers(&usual) {
        for number in HOSTILE {
            let mut table = usual.clone();
            set(&mut table, &at, number);
            match load(&table) {
                Ok(config) => {
                    accepted += 1;
                    drives(&config, &at);
                }
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.len() < 600, "{at:?} = {number}: {message}");
                    assert!(
                        message.contains("expected") || message.contains(name(&at)),
                        "{at:?} = {number}: {message}"
                    );
                }
            }
            assert!(
                peak_memory_kb() < MEMORY_MAX_KB,
                "{at:?} = {number}: {} kB",
                peak_memory_kb()
            );
        }
    }
    assert!(accepted > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn numbers_about_the_usual_ones_are_refused_or_drive(
        picks in prop::collection::vec((any::<prop::sample::Index>(), -3.0..3.0_f64), 1..4),
    ) {
        let mut table = settings();
        let places = numbers(&table);
        let mut last = Vec::new();
        for (pick, exponent) in picks {
            last = pick.get(&places).clone();
            set(&mut table, &last, 10_f64.powf(exponent));
        }
        if let Ok(config) = load(&table) {
            drives(&config, &last);
        }
        prop_assert!(peak_memory_kb() < MEMORY_MAX_KB);
    }
}
