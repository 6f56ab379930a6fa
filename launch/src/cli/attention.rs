//! `attention`: why the network's attention is linear.

use runtime::{say, tell};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use crate::attention::{AttentionKind, AttentionSeries, AttentionTrial};
use crate::view::attention_png;
use runtime::cli::write_json;
use runtime::cli::{Blame as _, Fault};
use runtime::output::write_atomic;

/// Time one attention block by its number of tokens, linear beside ordinary softmax attention, on
/// one thread.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  performer-mpc attention --out out/attention
  performer-mpc attention --width 192 --heads 6 --json -

Writes into DIR: attention.png, time against tokens on logarithmic scales.")]
pub(super) struct AttentionArguments {
    /// Width of a token, over all heads.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
    width: u32,
    /// Attention heads.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=4096))]
    heads: u32,
    /// Random features a head of FAVOR+.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    features: u32,
    /// Fewest tokens; further sizes double it.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    from: u32,
    /// Most tokens.
    #[arg(long, default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=65536))]
    to: u32,
    /// A kind of attention one call of which took longer is not tried with more tokens, s.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    call_max: f64,
    /// Directory for the picture.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    command: &'static str,
    width: usize,
    heads: usize,
    favor_features: usize,
    threads: usize,
    call_max_s: f64,
    series: Vec<AttentionSeries>,
}

impl AttentionArguments {
    fn trial(&self) -> anyhow::Result<AttentionTrial> {
        if !self.width.is_multiple_of(self.heads) {
            return Err(anyhow!(
                "--width is {}: expected a multiple of --heads, {}",
                self.width,
                self.heads
            ));
        }
        if self.from > self.to {
            return Err(anyhow!(
                "--from is {}: expected at most --to, {}",
                self.from,
                self.to
            ));
        }
        let call_max = Duration::try_from_secs_f64(self.call_max).map_err(|_| {
            anyhow!(
                "--call-max is {}: expected a finite time, 0 or more",
                self.call_max
            )
        })?;
        let to = self.to as usize;
        let doubled = |tokens: &usize| Some(tokens * 2);
        Ok(AttentionTrial {
            tokens: std::iter::successors(Some(self.from as usize), doubled)
                .take_while(|tokens| *tokens <= to)
                .collect(),
            heads: self.heads as usize,
            head_width: (self.width / self.heads) as usize,
            features: self.features as usize,
            call_max,
        })
    }
}

pub(super) fn run(arguments: &AttentionArguments) -> anyhow::Result<()> {
    let trial = arguments.trial().blame(Fault::Usage)?;
    let series: Vec<AttentionSeries> = AttentionKind::ALL
        .into_iter()
        .map(|kind| trial.measure(kind))
        .collect();
    for series in series.iter().filter(|series| !series.skipped.is_empty()) {
        say!(
            "{}: left out {:?} tokens, for a call took longer than {} s",
            series.kind.label(),
            series.skipped,
            arguments.call_max
        );
    }
    let on_stdout = arguments
        .json
        .as_ref()
        .is_some_and(|path| path.as_os_str() == "-");
    if !on_stdout {
        print(&trial, &series);
    }
    if let Some(directory) = &arguments.out {
        let title = format!(
            "Time of one attention block: width {}, {} heads, one thread",
            arguments.width, arguments.heads
        );
        let path = directory.join("attention.png");
        write_atomic(&path, &attention_png(&title, &finding(&series), &series)?)?;
        say!("picture: {}", path.canonicalize()?.display());
    }
    if let Some(path) = &arguments.json {
        let answer = Answer {
            command: "attention",
            width: arguments.width as usize,
            heads: arguments.heads as usize,
            favor_features: arguments.features as usize,
            threads: 1,
            call_max_s: arguments.call_max,
            series,
        };
        write_json(path, &answer)?;
    }
    Ok(())
}

/// The comparison in a sentence, at the largest size that both were timed at.
fn finding(all: &[AttentionSeries]) -> String {
    let of = |kind| all.iter().find(|series| series.kind == kind);
    let (Some(linear), Some(softmax)) = (of(AttentionKind::Relu), of(AttentionKind::Softmax))
    else {
        return String::new();
    };
    let Some(slow) = softmax.times.last() else {
        return String::new();
    };
    let same = |time: &&crate::attention::AttentionTime| time.tokens == slow.tokens;
    let Some(quick) = linear.times.iter().find(same) else {
        return String::new();
    };
    format!(
        "At {} tokens softmax takes {:.1} ms, linear attention (ReLU) {:.2} ms: {:.1} times as fast.",
        slow.tokens,
        slow.ms_p50,
        quick.ms_p50,
        slow.ms_p50 / quick.ms_p50
    )
}

fn print(trial: &AttentionTrial, all: &[AttentionSeries]) {
    let mut header = format!("{:>8}", "tokens");
    for series in all {
        header += &format!(" {:>15}", series.kind.label());
    }
    tell!("{header}   ms, median");
    for &tokens in &trial.tokens {
        let mut line = format!("{tokens:>8}");
        for series in all {
            let time = series.times.iter().find(|time| time.tokens == tokens);
            line += &time.map_or(format!(" {:>15}", "-"), |time| {
                format!(" {:>15.3}", time.ms_p50)
            });
        }
        tell!("{line}");
    }
    let mut line = format!("{:>8}", "slope");
    for series in all {
        line += &series
            .slope
            .map_or(format!(" {:>15}", "-"), |slope| format!(" {slope:>15.2}"));
    }
    tell!("{line}");
    tell!("{}", finding(all));
}
