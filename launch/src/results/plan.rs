//! The evaluation plan as data.

/// A policy under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrant {
    /// Regular MPC.
    Regular,
    /// The learned policy with the general model.
    Performer,
    /// The learned policy with the model of the scenario; skipped without one.
    OwnModel,
    /// The learned path without MPC; skipped without a model.
    Explicit,
    /// The expert with the ground-truth map.
    Expert,
}

impl Entrant {
    /// Number of drives per situation for `repeats` planned ones: all for the performer, at most
    /// three for regular MPC, one for the others, which serve as references.
    pub fn drives(self, repeats: usize) -> usize {
        match self {
            Self::Performer => repeats,
            Self::Regular => repeats.min(3),
            _ => repeats.min(1),
        }
    }
}

/// All policies in the order of tables: name and policy.
pub const POLICIES: [(&str, Entrant); 5] = [
    ("regular", Entrant::Regular),
    ("performer", Entrant::Performer),
    ("performer, own model", Entrant::OwnModel),
    ("explicit", Entrant::Explicit),
    ("expert", Entrant::Expert),
];

/// Source of situations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arena {
    /// A scenario by its name on the command line.
    Drawn(&'static str),
    /// Doors of real buildings, each in both directions.
    Doors,
    /// Recordings of pedestrians; situations are counted per recording.
    Recordings,
    /// Worlds of the BARN challenge.
    Barn,
}

/// A scenario with its settings and number of drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Name in files and in `--only`.
    pub name: &'static str,
    /// Display title.
    pub title: &'static str,
    /// Source of situations.
    pub arena: Arena,
    /// Overrides of the shipped settings.
    pub settings: &'static [&'static str],
    /// Number of situations, limited to the available ones.
    pub situations: u32,
    /// Number of situations with `--quick`.
    pub quick: u32,
    /// Maximum number of drives per situation, by the seed of their errors; see
    /// [`Entrant::drives`].
    pub repeats: u32,
    /// Names of the measures in tables, by group.
    pub measures: &'static [&'static [&'static str]],
    /// Measures for which larger is better, and larger values than regular MPC's are counted.
    pub wider: &'static [&'static str],
    /// Scenario of the specific model: trained for this scenario or the most similar one.
    pub model: &'static str,
}

/// Measures of progress to the goal.
const WAY: &[&str] = &["time_to_goal_s", "path_length_m", "spl", "speed_mps_mean"];
/// Measures of smoothness and of clearance from static obstacles.
const MANNER: &[&str] = &[
    "path_irregularity_radpm",
    "jerk_mps3_mean",
    "stopped_s",
    "clearance_m_min",
];
/// Measures among pedestrians.
const COMPANY: &[&str] = &[
    "stopped_s",
    "people_gap_m_min",
    "intimate_share",
    "personal_share",
    "ttc_s_min",
];
/// Measures of pedestrians that react to the robot.
const ANSWER: &[&str] = &["people_deviation_m", "people_delay_s"];

/// Measures of any drive.
const USUAL: &[&[&str]] = &[WAY, MANNER];
/// Measures by the rules of BARN.
const SCORED: &[&[&str]] = &[&["score"], WAY, &["clearance_m_min"]];
/// Measures among pedestrians that react to the robot.
const SOCIAL: &[&[&str]] = &[WAY, COMPANY, ANSWER];
/// Measures at a corner.
const CORNERED: &[&[&str]] = &[WAY, &["corner_gap_m_min"], COMPANY, ANSWER];
/// Measures among recorded pedestrians.
const RECORDED: &[&[&str]] = &[WAY, COMPANY];

const fn planned(
    name: &'static str,
    title: &'static str,
    scenario: &'static str,
    settings: &'static [&'static str],
    [situations, quick, repeats]: [u32; 3],
    measures: &'static [&'static [&'static str]],
) -> Planned {
    Planned {
        name,
        title,
        arena: Arena::Drawn(scenario),
        settings,
        situations,
        quick,
        repeats,
        measures,
        wider: &[],
        model: scenario,
    }
}

const fn corner(
    name: &'static str,
    title: &'static str,
    settings: &'static [&'static str],
) -> Planned {
    Planned {
        wider: &["people_gap_m_min", "corner_gap_m_min"],
        ..planned(name, title, "blind_corner", settings, [100, 4, 1], CORNERED)
    }
}

/// An entry on data of the user, with the model of the nearest scenario.
const fn given(
    name: &'static str,
    title: &'static str,
    arena: Arena,
    nearest: &'static str,
    [situations, quick]: [u32; 2],
    measures: &'static [&'static [&'static str]],
) -> Planned {
    Planned {
        arena,
        ..planned(name, title, nearest, &[], [situations, quick, 1], measures)
    }
}

/// The complete plan.
pub const PLAN: &[Planned] = &[
    planned("doorway", "Doorway", "doorway", &[], [100, 4, 1], USUAL),
    given(
        "real_doors",
        "Doors of real buildings",
        Arena::Doors,
        "doorway",
        [1000, 4],
        USUAL,
    ),
    planned(
        "obstacle_course_home",
        "Obstacle course, home",
        "obstacle_course",
        &[],
        [30, 2, 10],
        USUAL,
    ),
    planned(
        "obstacle_course_office",
        "Obstacle course, office",
        "obstacle_course",
        &["scenario.obstacle_course.style=\"office\""],
        [30, 2, 1],
        USUAL,
    ),
    planned(
        "barn_like",
        "Posts as in BARN",
        "barn_like",
        &[],
        [30, 2, 1],
        SCORED,
    ),
    given(
        "barn",
        "Worlds of the BARN challenge",
        Arena::Barn,
        "barn_like",
        [1000, 3],
        SCORED,
    ),
    planned(
        "pedestrian_corridor",
        "People in a corridor",
        "pedestrian",
        &[],
        [100, 4, 1],
        SOCIAL,
    ),
    planned(
        "pedestrian_hall",
        "People in a hall",
        "pedestrian",
        &["scenario.pedestrian.place=\"hall\""],
        [100, 4, 1],
        SOCIAL,
    ),
    corner("blind_corner", "Blind corner", &[]),
    corner(
        "blind_junction",
        "Blind junction",
        &["scenario.blind_corner.place=\"junction\""],
    ),
    given(
        "replay",
        "People as they were recorded",
        Arena::Recordings,
        "pedestrian",
        [6, 1],
        RECORDED,
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::evaluation::Measure;

    #[test]
    fn names_differ_and_measures_exist() {
        let names: BTreeSet<&str> = PLAN.iter().map(|planned| planned.name).collect();
        assert_eq!(names.len(), PLAN.len());
        for planned in PLAN {
            for name in planned.measures.concat().iter().chain(planned.wider) {
                assert!(
                    Measure::ALL.iter().any(|measure| measure.name == *name),
                    "{}: {name}",
                    planned.name
                );
            }
        }
    }
}
