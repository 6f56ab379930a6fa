//! `bench solve`: the optimal control benchmark.

use runtime::{say, tell};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use controller::mpc::AdjointStatus;
use serde::Serialize;

use crate::bench::benchmark::{
    ColdAnswer, GradientAnswer, Instance, Instances, LoopAnswer, Method, Request, Runner,
    VelocityBounds,
};
use crate::cli::options::progress;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};

/// Number of instances in closed loop, the first ones.
const LOOP_INSTANCES: usize = 10;
/// Number of instances in the gradient batch, the first ones.
const GRADIENT_INSTANCES: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Variant {
    /// Velocity limits as a quadratic penalty.
    Soft,
    /// Velocity limits as hard bounds.
    Hard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Solver {
    /// Riccati recursion, which exploits the structure.
    Riccati,
    /// OSQP, a general solver of quadratic programs.
    Osqp,
}

/// Solve the instances of an optimal control benchmark and time the solves.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc bench solve instances.json --horizon 20 --json answer.json
  performer-mpc bench solve instances.json --horizon 30 --variant hard --solver osqp
  performer-mpc bench solve instances.json --warm --rti --json -
  performer-mpc bench solve instances.json --check
  performer-mpc bench solve instances.json --gradient --horizon 30 --json -

Cold, a solve starts from zero controls and from a fan of steered guesses; --single-start keeps to
zero controls. --check solves with Riccati and lets OSQP start there: both must agree.")]
pub(in crate::cli) struct SolveArguments {
    /// Benchmark instances, JSON.
    instances: PathBuf,
    /// Form of the velocity limits.
    #[arg(long, value_enum, default_value = "soft")]
    variant: Variant,
    /// Number of knots.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=500))]
    horizon: u32,
    /// Solver of the linear-quadratic subproblems.
    #[arg(long, value_enum, default_value = "riccati")]
    solver: Solver,
    /// Start from zero controls only.
    #[arg(long)]
    single_start: bool,
    /// Drive the first ten instances in closed loop, each plan warm-started from the last.
    #[arg(long)]
    warm: bool,
    /// In closed loop, one outer iteration per step.
    #[arg(long, requires = "warm")]
    rti: bool,
    /// Start OSQP from Riccati's solution and report the difference.
    #[arg(long, conflicts_with = "warm")]
    check: bool,
    /// Solve the first 32 instances with the file's learned quadratic cost and differentiate a loss
    /// on the path by its twelve parameters.
    #[arg(long, conflicts_with_all = ["warm", "check"])]
    gradient: bool,
    /// Write the results as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// JSON output of the command.
#[derive(Debug, Serialize)]
struct Answer {
    command: &'static str,
    solver: &'static str,
    variant: &'static str,
    horizon: usize,
    protocol: &'static str,
    ms_mean: f64,
    ms_p50: f64,
    ms_p99: f64,
    /// Wall time of the batch, ms.
    batch_ms: f64,
    /// Maximum relative difference of OSQP's merit from Riccati's, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    check_difference_max: Option<f64>,
    instances: Vec<Solved>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Solved {
    Cold(ColdAnswer),
    Loop(LoopAnswer),
    Gradient(GradientAnswer),
}

pub(in crate::cli) fn run(arguments: &SolveArguments) -> anyhow::Result<()> {
    let path = arguments.instances.display().to_string();
    let file = File::open(&arguments.instances)
        .with_context(|| path.clone())
        .blame(Fault::Input)?;
    let benchmark = Instances::from_reader(BufReader::new(file))
        .with_context(|| path)
        .blame(Fault::Input)?;
    let request = Request {
        horizon: arguments.horizon as usize,
        variant: match arguments.variant {
            Variant::Soft => VelocityBounds::Soft,
            Variant::Hard => VelocityBounds::Hard,
        },
        method: match arguments.solver {
            Solver::Riccati => Method::Riccati,
            Solver::Osqp => Method::Osqp,
        },
        single_start: arguments.single_start,
        real_time_iteration: arguments.rti,
    };
    let mut runner = Runner::new(&benchmark.problem, request);
    let learned = match benchmark.problem.grad_bench {
        Some(learned) if arguments.gradient => Some(learned),
        None if arguments.gradient => {
            return Err(anyhow!(
                "{}: problem.grad_bench is missing: expected D, c and R",
                arguments.instances.display()
            ))
            .blame(Fault::Input);
        }
        _ => None,
    };
    let count = match (arguments.warm, learned) {
        (true, _) => LOOP_INSTANCES,
        (_, Some(_)) => GRADIENT_INSTANCES,
        _ => benchmark.instances.len(),
    };
    let chosen = &benchmark.instances[..count.min(benchmark.instances.len())];
    if let Some(first) = chosen.first() {
        // warm-up: workspaces are allocated
        match &learned {
            Some(learned) => drop(runner.gradient(first, learned, None)),
            None => drop(runner.cold(first, None)),
        }
    }
    let bar = progress(chosen.len(), "solving");
    let begun = Instant::now();
    let solved: Vec<Solved> = chosen
        .iter()
        .map(|instance| {
            bar.inc(1);
            if let Some(learned) = &learned {
                Solved::Gradient(runner.gradient(instance, learned, None))
            } else if arguments.warm {
                Solved::Loop(runner.closed_loop(instance))
            } else {
                Solved::Cold(runner.cold(instance, None))
            }
        })
        .collect();
    let batch_ms = begun.elapsed().as_secs_f64() * 1e3;
    bar.finish_and_clear();
    let check_difference_max = arguments
        .check
        .then(|| largest_difference(&benchmark, request, chosen, &solved));
    let answer = summarise(request, arguments, batch_ms, check_difference_max, solved);
    print(
        &answer,
        arguments
            .json
            .as_ref()
            .is_some_and(|p| p.as_os_str() == "-"),
    );
    if let Some(path) = &arguments.json {
        write_json(path, &answer)?;
    }
    Ok(())
}

/// Difference of OSQP's solution from Riccati's.
fn largest_difference(
    benchmark: &Instances,
    request: Request,
    chosen: &[Instance],
    solved: &[Solved],
) -> f64 {
    let mut osqp = Runner::new(
        &benchmark.problem,
        Request {
            method: Method::Osqp,
            ..request
        },
    );
    chosen
        .iter()
        .zip(solved)
        .filter_map(|(instance, solved)| match solved {
            Solved::Cold(found) => {
                let other = osqp.cold(instance, Some(&found.inputs));
                Some((other.merit - found.merit).abs() / (1e-9 + found.merit.abs()))
            }
            Solved::Loop(_) | Solved::Gradient(_) => None,
        })
        .fold(0.0, f64::max)
}

fn summarise(
    request: Request,
    arguments: &SolveArguments,
    batch_ms: f64,
    check_difference_max: Option<f64>,
    instances: Vec<Solved>,
) -> Answer {
    let mut ms: Vec<f64> = instances
        .iter()
        .flat_map(|solved| match solved {
            Solved::Cold(answer) => vec![answer.ms],
            Solved::Loop(answer) => answer.step_ms.clone(),
            Solved::Gradient(answer) => vec![answer.ms],
        })
        .collect();
    ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (share * ms.len().saturating_sub(1) as f64).round() as usize;
        ms.get(index).copied().unwrap_or_default()
    };
    Answer {
        command: "solve",
        solver: match request.method {
            Method::Riccati => "riccati",
            Method::Osqp => "osqp",
        },
        variant: match request.variant {
            VelocityBounds::Soft => "soft",
            VelocityBounds::Hard => "hard",
        },
        horizon: request.horizon,
        protocol: match (arguments.warm, arguments.rti) {
            (true, true) => "closed loop, one iteration a step",
            (true, false) => "closed loop",
            _ if arguments.gradient => "cold and gradient",
            _ => "cold",
        },
        ms_mean: ms.iter().sum::<f64>() / ms.len().max(1) as f64,
        ms_p50: at(0.5),
        ms_p99: at(0.99),
        batch_ms,
        check_difference_max,
        instances,
    }
}

fn print(answer: &Answer, to_stderr: bool) {
    let mut text = format!(
        "{} · {} · N = {} · {}: {} instances, {:.3} ms a solve in the mean, {:.3} ms median, \
         {:.3} ms 99th percentile",
        answer.solver,
        answer.variant,
        answer.horizon,
        answer.protocol,
        answer.instances.len(),
        answer.ms_mean,
        answer.ms_p50,
        answer.ms_p99
    );
    if let Some(difference) = answer.check_difference_max {
        text += &format!("\nOSQP, started there, ends within {difference:.2e} of the same merit");
    }
    let gradients = answer.instances.iter().filter_map(|solved| match solved {
        Solved::Gradient(answer) => Some(answer.status == AdjointStatus::Solved),
        _ => None,
    });
    if gradients.clone().count() > 0 {
        let given = gradients.filter(|&given| given).count();
        text += &format!("\n{given} gradients in {:.2} ms", answer.batch_ms);
    }
    if to_stderr {
        say!("{text}");
    } else {
        tell!("{text}");
    }
}
