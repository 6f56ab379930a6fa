//! `soak`: endurance test over hours of simulated time with one controller.

use runtime::{say, tell};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::anyhow;
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum as _};
use controller::performer::Head;

use crate::bench::soak::{Endurance, SoakReport, SoakSettings, reasons_in_words, resident_kib};
use crate::cli::options::progress;
use crate::faults::{Pilot, Pilots};
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{KernelKind, MODEL, SettingsOptions, refuse_learned, write_json};
use runtime::driver::read_weights;
use runtime::interruption::Interruption;

/// Memory growth after warm-up from which the test fails, as a share.
const GROWTH_MAX: f64 = 0.01;
/// Steps of the progress bar.
const STEPS: usize = 1000;

/// Drive mixed scenarios and faults for hours of simulated time, and monitor memory and latency.
///
/// One controller drives all episodes, with a reset before each. The test fails if resident memory
/// grows by 1 % or more after warm-up, which is a tenth of the run or an hour.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc soak --hours 24 --seed 1 --json soak.json
  performer-mpc soak --hours 2 --policy performer --json -")]
pub(in crate::cli) struct SoakArguments {
    /// Simulated time, h.
    #[arg(long, default_value_t = 24.0)]
    hours: f64,
    /// Seed of scenarios, faults and noise.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Policy.
    #[arg(long, value_enum, default_value = "regular")]
    policy: Pilot,
    /// Robot: `all_round`, jackal, `mobile_base` or round.
    #[arg(long, default_value = "round")]
    robot: String,
    /// Weights of the Performer: a safetensors file, or the name of an installed model; by default
    /// navigator.
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Precision of the Performer's matrix products; by default best.
    #[arg(long, value_enum)]
    kernel: Option<KernelKind>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsOptions,
}

pub(in crate::cli) fn run(arguments: &SoakArguments) -> anyhow::Result<()> {
    let weights = if arguments.policy == Pilot::Performer {
        let model = arguments.model.as_deref().unwrap_or(Path::new(MODEL));
        Some(read_weights(model, Head::Cost).blame(Fault::Input)?)
    } else {
        let policy = arguments.policy.to_possible_value();
        let policy = policy.as_ref().map_or("another", PossibleValue::get_name);
        let model = arguments.model.as_deref();
        refuse_learned(policy, model, arguments.kernel, None).blame(Fault::Usage)?;
        None
    };
    let kernel = arguments.kernel.unwrap_or(KernelKind::Best);
    let backend = kernel.backend(None).blame(Fault::Usage)?;
    let pilots = Pilots::new(weights, backend);
    let settings = SoakSettings {
        hours: arguments.hours,
        seed: arguments.seed,
        policy: arguments.policy,
        robot: arguments.robot.clone(),
    };
    let options = &arguments.settings;
    let soak = Endurance::new(
        settings,
        &pilots,
        options.config.as_deref(),
        &options.overrides,
    );
    let mut soak = soak.blame(Fault::Usage)?;
    let interruption = Interruption::listen()?;
    let bar = progress(STEPS, "soaking");
    let begun = Instant::now();
    while soak.progress() < 1.0 && !interruption.is_asked() {
        soak.step(&mut || begun.elapsed(), &mut resident_kib)?;
        bar.set_position((STEPS as f64 * soak.progress()) as u64);
    }
    bar.finish_and_clear();
    let report = soak.report();
    let on_stdout = arguments
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    print(&report, on_stdout);
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    match report.memory {
        _ if !report.complete => Err(anyhow!(
            "interrupted after {:.2} of {} h",
            report.simulated_h,
            arguments.hours
        )),
        Some(memory) if memory.growth >= GROWTH_MAX => Err(anyhow!(
            "resident memory grew from {} to {} KiB after warm-up, by {:.2} %: expected less than 1 %",
            memory.first_kib,
            memory.last_kib,
            100.0 * memory.growth
        )),
        _ => Ok(()),
    }
}

fn print(report: &SoakReport, to_stderr: bool) {
    let all = &report.all;
    let mut text = format!(
        "{:.2} h simulated · {} · {} · {} episodes, {} ticks, {} longer than the period\n",
        report.simulated_h,
        report.settings.policy.name(),
        report.settings.robot,
        all.episodes,
        all.ticks,
        all.late_ticks
    );
    text += &format!(
        "  reached {}   collided {} ({} caused)   stuck {}   out of time {}   refused messages {}\n",
        all.reached,
        all.collided,
        all.collisions_caused,
        all.stuck,
        all.timed_out,
        all.refused_messages
    );
    text += &format!("  guard, ticks: {}\n", reasons_in_words(&all.reasons));
    for hour in &report.hour {
        let memory = hour
            .resident_kib
            .map_or("not available".to_owned(), |kib| format!("{kib} KiB"));
        text += &format!(
            "  until {:>6.2} h   resident {memory}   tick {:.2} ms median, {:.2} ms 99th, {:.2} ms worst\n",
            hour.until_h, hour.tick.ms_p50, hour.tick.ms_p99, hour.tick.ms_worst
        );
    }
    text += &match report.memory {
        Some(memory) => format!(
            "  memory after warm-up {} KiB, at the end {} KiB: {:+.2} %",
            memory.first_kib,
            memory.last_kib,
            100.0 * memory.growth
        ),
        None => "  memory is not available: /proc/self/status cannot be read".to_owned(),
    };
    if to_stderr {
        say!("{text}");
    } else {
        tell!("{text}");
    }
}
