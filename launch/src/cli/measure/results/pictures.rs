//! Pictures of a row.

use anyhow::anyhow;
use sim::Outcome;

use super::stage::Stage;
use crate::evaluation::Trial;
use crate::results::{Cell, Drive, Failures, Planned};
use crate::view::{Panel, Place, Shapes, Way, compare_png, paths_png};

/// Policy with drawn failures.
const POLICY: &str = "performer";
/// Maximum number of drawn failures.
const DRAWN_MAX: usize = 30;

/// The paths of all policies in a representative situation.
pub(super) fn compared(planned: &Planned, stage: &Stage, cell: &Cell) -> anyhow::Result<Vec<u8>> {
    let found = cell
        .representative()
        .and_then(|seeds| Some((seeds, trial_of(stage, seeds)?)));
    let (seeds, trial) = found.ok_or_else(|| anyhow!("{}: no trials", planned.name))?;
    let mut ways: Vec<Way> = cell
        .drives
        .iter()
        .filter(|drive| drive.seeds() == seeds)
        .map(|drive| Way {
            driver: drive.policy.clone(),
            label: drive.policy.clone(),
            outcome: drive.run.outcome,
            time_s: drive.run.time_s,
            path: drive.path.clone(),
            walks: drive.walks.clone(),
        })
        .collect();
    // the expert's path is drawn below the others
    ways.sort_by_key(|way| way.driver != "expert");
    let place = Place::of(&trial.situation, &stage.config.robot.footprint);
    let title = format!("{} · {}", planned.title, trial.label());
    Ok(compare_png(&title, &place, &ways)?)
}

/// Draws the first failed drives of the learned policy; none without failures.
pub(super) fn failed(
    planned: &Planned,
    stage: &Stage,
    cell: &Cell,
) -> anyhow::Result<Option<Failures>> {
    let failed: Vec<&Drive> = cell
        .drives
        .iter()
        .filter(|drive| drive.policy == POLICY && drive.run.outcome != Outcome::Reached)
        .collect();
    let panels: Vec<Panel> = failed
        .iter()
        .take(DRAWN_MAX)
        .filter_map(|drive| Some(panel(trial_of(stage, drive.seeds())?, drive)))
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let title = format!("{}: where the {POLICY} failed", planned.title);
    Ok(Some(Failures {
        count: failed.len(),
        drawn: panels.len(),
        picture: paths_png(&title, &panels)?,
    }))
}

fn trial_of(stage: &Stage, seeds: [u64; 2]) -> Option<&Trial> {
    let same = |trial: &&Trial| [trial.situation.seed, trial.seed] == seeds;
    stage.trials.iter().find(same)
}

fn panel(trial: &Trial, drive: &Drive) -> Panel {
    let goal = &trial.situation.goal;
    let mut label = format!("{} · {:.0} s", trial.label(), drive.run.time_s);
    if let Some(mishap) = drive.run.hazard {
        label += &format!(" · {}", mishap.word());
    }
    Panel {
        label,
        outcome: drive.run.outcome,
        path: drive.path.clone(),
        walks: drive.walks.clone(),
        world: Shapes::from(&trial.situation.world),
        goal: [goal.position.x, goal.position.y, goal.tolerance_m],
    }
}
