//! `faults`: drives under injected faults.

use runtime::{say, tell};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use controller::performer::Head;
use sim::{CATALOGUE, FaultCase, Persistence};

use crate::cli::learn::model::sha256;
use crate::cli::options::progress;
use crate::faults::{
    Axes, FaultReport, Journal, Judge, Matrix, Outcome, Pilot, Pilots, Place, WildWeights,
    run_matrix,
};
use crate::view::faults_png;
use runtime::cli::{Blame as _, Fault};
use runtime::cli::{KernelKind, MODEL, SettingsOptions, refuse_learned, write_json};
use runtime::driver::read_weights;
use runtime::interruption::Interruption;
use runtime::model_file::ModelFile;
use runtime::output::write_atomic;

/// Duration of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lasting {
    /// To the end of the drive.
    Permanent,
    /// For 2 s.
    Transient,
    /// Both, in separate drives.
    Both,
}

/// Drive under injected faults, and find collisions caused by the controller from ground truth.
///
/// Faults x scenarios x policies x robots x seeds. A collision is caused by the controller if the
/// robot moved and braking within the reaction time would have avoided it; docs/faults.md defines
/// all results. Episode i of a row has seed + 2 i. The same command continues an interrupted run.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc faults --seed 1 --jobs 2 --json faults.json --out out
  performer-mpc faults --fault scan_nan scan_frozen brakes --scenario corridor --episodes 20 --json -
  performer-mpc faults --policy charging wild --fault none --episodes 100 --jobs 2 --json guard.json
  performer-mpc faults --policy performer --weights saturated --fault none --episodes 250 --json wild.json
  performer-mpc faults --list")]
pub(in crate::cli) struct FaultsArguments {
    /// Seed of the first episode of each row.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Episodes per row of the matrix.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// Names of faults, or their leading words (`scan`, `brakes`); all by default.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    fault: Vec<String>,
    /// Duration of faults.
    #[arg(long, value_enum, default_value = "both")]
    lasting: Lasting,
    /// Scenarios; all by default.
    #[arg(long, value_enum, num_args = 1..)]
    scenario: Vec<Place>,
    /// Policy.
    #[arg(long, value_enum, num_args = 1.., default_values = ["regular"])]
    policy: Vec<Pilot>,
    /// Robots: `all_round`, jackal, `mobile_base`, round; by default that of each scenario.
    #[arg(long, num_args = 1..)]
    robot: Vec<String>,
    /// Weights of the Performer: a safetensors file, or the name of an installed model; by default
    /// navigator.
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Precision of the Performer's matrix products; by default best.
    #[arg(long, value_enum)]
    kernel: Option<KernelKind>,
    /// Replacement of the Performer's weights; by default the trained weights.
    #[arg(long, value_enum)]
    weights: Option<WildWeights>,
    /// Maximum reaction time from the first true visibility of an obstacle to braking, s.
    #[arg(long, value_name = "S", default_value_t = Judge::default().seen_s)]
    seen_s: f64,
    /// Maximum reaction time from the onset of a blinding fault to braking, s.
    #[arg(long, value_name = "S", default_value_t = Judge::default().blind_s)]
    blind_s: f64,
    /// Number of parallel episodes.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    jobs: u32,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Output directory for faults.png (a picture) and episodes.jsonl (all episodes); by default
    /// both are beside the JSON file under its name.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Fail if the controller causes a collision under a fault for which none is allowed.
    #[arg(long)]
    check: bool,
    /// Print the names of all faults and exit.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    settings: SettingsOptions,
}

pub(in crate::cli) fn run(arguments: &FaultsArguments) -> anyhow::Result<()> {
    if arguments.list {
        for case in &CATALOGUE {
            tell!("{}", case.name);
        }
        return Ok(());
    }
    let matrix = matrix(arguments)?;
    let pilots = pilots(arguments)?;
    let judge = Judge {
        seen_s: arguments.seen_s,
        blind_s: arguments.blind_s,
    };
    for stage in matrix.stages() {
        judge
            .stopping(&stage.config)
            .validate()
            .blame(Fault::Usage)?;
    }
    let files = Files::of(arguments);
    let journal = match &files.journal {
        Some(path) => {
            let fingerprint = fingerprint(arguments, &matrix, &judge)?;
            let (journal, kept) = Journal::open(path, &fingerprint).blame(Fault::Input)?;
            (Some(journal), kept)
        }
        None => (None, Vec::new()),
    };
    let planned = matrix.episodes.len();
    let bar = progress(planned, "driving under faults");
    let interruption = Interruption::listen()?;
    let Outcome {
        episodes,
        is_interrupted,
    } = run_matrix(
        &matrix,
        (&pilots, &judge),
        journal,
        arguments.jobs as usize,
        || interruption.is_asked(),
        |done| bar.set_position(done as u64),
    )?;
    bar.finish_and_clear();
    let weights = arguments.weights;
    let report = FaultReport::new(arguments.seed, planned, weights, judge, &episodes);
    print(&report, files.json_on_stdout());
    if let Some(path) = &files.picture
        && !episodes.is_empty()
    {
        write_atomic(path, &faults_png(&report)?)?;
        say!("picture: {}", path.display());
    }
    if let Some(path) = &arguments.json {
        write_json(path, &report)?;
    }
    if is_interrupted {
        let kept = files.journal.map_or_else(String::new, |path| {
            format!(
                "; {} keeps them, and the same command goes on",
                path.display()
            )
        });
        let done = episodes.len();
        return Err(anyhow!(
            "interrupted after {done} of {planned} episodes{kept}"
        ));
    }
    let caused = report.promised.collisions_caused;
    if arguments.check && caused > 0 {
        let of = report.promised.episodes;
        return Err(anyhow!(
            "{caused} collisions caused in {of} episodes: expected none"
        ));
    }
    Ok(())
}

/// Output paths.
struct Files {
    json: Option<PathBuf>,
    picture: Option<PathBuf>,
    journal: Option<PathBuf>,
}

impl Files {
    fn of(arguments: &FaultsArguments) -> Self {
        let json = arguments.json.clone();
        let file = json.as_ref().filter(|path| path.as_os_str() != "-");
        let place = |name: &str, extension: &str| match &arguments.out {
            Some(directory) => Some(directory.join(name)),
            None => file.map(|path| path.with_extension(extension)),
        };
        Self {
            picture: place("faults.png", "png"),
            journal: place("episodes.jsonl", "episodes.jsonl"),
            json,
        }
    }

    fn json_on_stdout(&self) -> bool {
        self.json
            .as_ref()
            .is_some_and(|path| path.as_os_str() == "-")
    }
}

fn matrix(arguments: &FaultsArguments) -> anyhow::Result<Matrix> {
    let faults = chosen(&arguments.fault).blame(Fault::Usage)?;
    let persistences = match arguments.lasting {
        Lasting::Permanent => vec![Persistence::Permanent],
        Lasting::Transient => vec![Persistence::Transient],
        Lasting::Both => vec![Persistence::Permanent, Persistence::Transient],
    };
    let places = if arguments.scenario.is_empty() {
        Place::value_variants()
    } else {
        &arguments.scenario
    };
    let axes = Axes {
        faults: &faults,
        persistences: &persistences,
        places,
        pilots: &arguments.policy,
        robots: &arguments.robot,
        episodes: arguments.episodes,
        seed: arguments.seed,
    };
    let settings = &arguments.settings;
    let matrix = Matrix::new(&axes, settings.config.as_deref(), &settings.overrides);
    let matrix = matrix.blame(Fault::Usage)?;
    if matrix.episodes.is_empty() {
        return Err(anyhow!(
            "none of these faults is {:?}: give --lasting permanent",
            arguments.lasting
        ))
        .blame(Fault::Usage);
    }
    Ok(matrix)
}

/// The faults with these names or leading words.
fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static FaultCase>> {
    let is_of = |case: &FaultCase, name: &str| {
        let rest = case.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    for name in names {
        if !CATALOGUE.iter().any(|case| is_of(case, name)) {
            let known: Vec<&str> = CATALOGUE.iter().map(|case| case.name).collect();
            return Err(anyhow!(
                "--fault is {name:?}: expected one of {}",
                known.join(", ")
            ));
        }
    }
    let is_chosen =
        |case: &&FaultCase| names.is_empty() || names.iter().any(|name| is_of(case, name));
    Ok(CATALOGUE.iter().filter(is_chosen).collect())
}

impl FaultsArguments {
    fn model(&self) -> &Path {
        self.model.as_deref().unwrap_or(Path::new(MODEL))
    }

    fn kernel(&self) -> KernelKind {
        self.kernel.unwrap_or(KernelKind::Best)
    }

    /// Names of the policies, for errors.
    fn policies(&self) -> String {
        let values = self.policy.iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
        names.join(", ")
    }
}

fn pilots(arguments: &FaultsArguments) -> anyhow::Result<Pilots> {
    let backend = arguments.kernel().backend(None).blame(Fault::Usage)?;
    if !arguments.policy.contains(&Pilot::Performer) {
        if arguments.weights.is_some() {
            return Err(anyhow!("--weights is given: expected --policy performer"))
                .blame(Fault::Usage);
        }
        let (model, kernel) = (arguments.model.as_deref(), arguments.kernel);
        refuse_learned(&arguments.policies(), model, kernel, None).blame(Fault::Usage)?;
        return Ok(Pilots::new(None, backend));
    }
    let weights = read_weights(arguments.model(), Head::Cost).blame(Fault::Input)?;
    let weights = match arguments.weights {
        Some(wild) => wild.of(&weights, arguments.seed)?,
        None => weights,
    };
    Ok(Pilots::new(Some(weights), backend))
}

/// Hash of everything an episode depends on except row and seed.
fn fingerprint(
    arguments: &FaultsArguments,
    matrix: &Matrix,
    judge: &Judge,
) -> anyhow::Result<String> {
    let mut text = format!(
        "{} {judge:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        arguments.kernel()
    );
    for stage in matrix.stages() {
        text += &serde_json::to_string(&stage.config)?;
    }
    if arguments.policy.contains(&Pilot::Performer) {
        let model = ModelFile::read(arguments.model()).blame(Fault::Input)?;
        text += &sha256(&model.bytes);
        text += &format!("{:?} {}", arguments.weights, arguments.seed);
    }
    Ok(sha256(text.as_bytes()))
}

/// Prints the results by fault.
fn print(report: &FaultReport, to_stderr: bool) {
    let percent = |rate: Option<f64>| {
        rate.map_or("     -".to_owned(), |rate| {
            format!("{:5.0} %", 100.0 * rate)
        })
    };
    let mut text = format!(
        "{:<28} {:>8} {:>7} {:>11} {:>7} {:>8} {:>8} {:>8}  first reasons",
        "fault", "episodes", "caused", "unavoidable", "at rest", "rests", "recovers", "reached"
    );
    let totals = report
        .faults
        .iter()
        .map(|total| (total.fault.as_str(), &total.summary));
    let sums = [("promised none", &report.promised), ("all", &report.all)];
    for (name, sum) in totals.chain(sums) {
        let mut reasons: Vec<_> = sum.first_reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect();
        text += &format!(
            "\n{name:<28} {:>8} {:>7} {:>11} {:>7} {:>8} {:>8} {:>8}  {}",
            sum.episodes,
            sum.collisions_caused,
            sum.contacts_unavoidable,
            sum.contacts_at_rest,
            percent(sum.rests_in_time_rate),
            percent(sum.recovered_rate),
            percent(Some(sum.reached_rate)),
            reasons.join(", "),
        );
    }
    if to_stderr {
        say!("{text}");
    } else {
        tell!("{text}");
    }
}
