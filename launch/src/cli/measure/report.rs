//! Output of a report: text, JSON and pictures.

use runtime::{say, tell};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use sim::Episode;

use crate::evaluation::{Mishap, Report, Trial};
use crate::view::{Panel, Shapes, paths_png, walks_of};
use runtime::cli::write_json;
use runtime::output::write_atomic;

/// Output options of a report.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReportOptions {
    /// Write the figures as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Output directory for paths.png, a picture of all paths; by default beside the JSON file
    /// under the same name.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
}

impl ReportOptions {
    fn picture_path(&self) -> Option<PathBuf> {
        let beside = |json: &PathBuf| json.with_extension("png");
        let file = self.json.as_ref().filter(|path| path.as_os_str() != "-");
        self.out
            .as_ref()
            .map(|directory| directory.join("paths.png"))
            .or_else(|| file.map(beside))
    }

    /// Prints the report, and writes JSON and picture as requested.
    pub(in crate::cli) fn deliver<R: Serialize + AsRef<Report>>(
        &self,
        report: &R,
        title: &str,
        trials: &[Trial],
        episodes: &[Episode],
    ) -> anyhow::Result<()> {
        let json_on_stdout = self.json.as_ref().is_some_and(|p| p.as_os_str() == "-");
        print(report.as_ref(), json_on_stdout);
        if let Some(path) = self.picture_path() {
            picture(&path, title, trials, episodes)?;
        }
        if let Some(path) = &self.json {
            write_json(path, report)?;
        }
        Ok(())
    }
}

/// Writes a small picture of every trial.
fn picture(path: &Path, title: &str, trials: &[Trial], episodes: &[Episode]) -> anyhow::Result<()> {
    let panels: Vec<Panel> = trials
        .iter()
        .zip(episodes)
        .map(|(trial, episode)| {
            let goal = &trial.situation.goal;
            let mut label = format!("{} · {:.0} s", trial.label(), episode.metrics.time_s);
            if let Some(mishap) = Mishap::of(episode) {
                label += &format!(" · {}", mishap.word());
            }
            Panel {
                label,
                outcome: episode.outcome,
                path: episode.path.iter().map(|row| [row[1], row[2]]).collect(),
                walks: walks_of(&episode.movers),
                world: Shapes::from(&trial.situation.world),
                goal: [goal.position.x, goal.position.y, goal.tolerance_m],
            }
        })
        .collect();
    write_atomic(path, &paths_png(title, &panels)?)?;
    say!("picture: {}", path.canonicalize()?.display());
    Ok(())
}

/// Prints the aggregate result of trials.
fn print(report: &Report, to_stderr: bool) {
    let percent = |share: f64| 100.0 * share;
    let mut text = format!(
        "{} · {} · {} episodes from seed {}\n",
        report.scenario, report.policy, report.episodes, report.seed
    );
    text += &format!(
        "  reached {:.1} %   collided {:.1} %   stuck {:.1} %   out of time {:.1} %\n",
        percent(report.success_rate),
        percent(report.collision_rate),
        percent(report.stuck_rate),
        percent(report.timeout_rate),
    );
    if report.collision_rate > 0.0 {
        let hazards = report.hazards;
        text += &format!(
            "  collided: {} with what stands, {} with what moves, {} fell, {} at a step\n",
            hazards.standing, hazards.mover, hazards.fell, hazards.step
        );
    }
    if let Some(score) = report.score {
        text += &format!("  score {score:.4}\n");
    }
    if let (Some(time), Some(length)) = (report.time_s_mean, report.path_length_m_mean) {
        text += &format!("  of those that reached: {time:.1} s and {length:.1} m in the mean\n");
    }
    if let Some(company) = &report.company {
        text += &format!(
            "  people: robot into them {:.1} %   they into it {:.1} %   within 0.5 m {:.1} % of the time   smallest gap {:.2} m in the mean\n  met {} of them within 1.2 m, moved into {:.1} % of those\n",
            percent(company.contact_by_robot_rate),
            percent(company.contact_by_other_rate),
            percent(company.near_share),
            company.gap_m_min_mean,
            company.encounters,
            percent(company.contact_by_robot_per_encounter),
        );
    }
    text += &format!(
        "  done of the way {:.1} % in the mean\n",
        percent(report.completion.mean)
    );
    text += &format!(
        "  smallest gap {:.2} m in the mean   tick {:.2} ms median, {:.2} ms 99th percentile",
        report.clearance_m_min_mean, report.tick_ms_p50, report.tick_ms_p99
    );
    if to_stderr {
        say!("{text}");
    } else {
        tell!("{text}");
    }
}
