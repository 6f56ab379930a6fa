//! What is driven, as data.

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrant {
    /// Regular MPC.
    Regular,
    /// The learned policy with the model that serves everywhere.
    Performer,
    /// The learned policy with the model of the scenario; left out where there is none.
    OwnModel,
    /// The learned path without MPC; left out where there is no model of it.
    Explicit,
    /// Who knows the map.
    Expert,
}

impl Entrant {
    /// How often they drive a situation that the plan has driven so many times: the performer all of
    /// them, regular MPC three at the most, and others, who show what can be had there, once.
    pub fn drives(self, repeats: usize) -> usize {
        match self {
            Self::Performer => repeats,
            Self::Regular => repeats.min(3),
            _ => repeats.min(1),
        }
    }
}

/// Everybody, in the order of tables: name and who it is.
pub const POLICIES: [(&str, Entrant); 5] = [
    ("regular", Entrant::Regular),
    ("performer", Entrant::Performer),
    ("performer, own model", Entrant::OwnModel),
    ("explicit", Entrant::Explicit),
    ("expert", Entrant::Expert),
];

/// What situations are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arena {
    /// Drawn from a scenario, as the command line calls it.
    Drawn(&'static str),
    /// Doors of real buildings, each in both directions.
    Doors,
    /// Recordings of people; situations are counted by recording.
    Recordings,
    /// Worlds of the BARN challenge.
    Barn,
}

/// A scenario with its settings, and how often it is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Names its files, and what `--only` takes.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What is driven in.
    pub arena: Arena,
    /// Settings over the shipped ones.
    pub settings: &'static [&'static str],
    /// Situations, or as many as there are.
    pub situations: u32,
    /// The same with `--quick`.
    pub quick: u32,
    /// Most drives of each, by the seed of their faults; see [`Entrant::drives`].
    pub repeats: u32,
    /// Names of the measures that tables show, by group.
    pub measures: &'static [&'static [&'static str]],
    /// Those of which more is better, and that are counted where they are more than regular's.
    pub wider: &'static [&'static str],
    /// The scenario whose own model, if there is one, was trained for this or for what is nearest.
    pub model: &'static str,
}

/// How the goal was come to.
const WAY: &[&str] = &["time_to_goal_s", "path_length_m", "spl", "speed_mps_mean"];
/// How smoothly, and how near to what stands.
const MANNER: &[&str] = &[
    "path_irregularity_radpm",
    "jerk_mps3_mean",
    "stopped_s",
    "clearance_m_min",
];
/// Among people.
const COMPANY: &[&str] = &[
    "stopped_s",
    "people_gap_m_min",
    "intimate_share",
    "personal_share",
    "ttc_s_min",
];
/// What people do about the robot, where they see it.
const ANSWER: &[&str] = &["people_deviation_m", "people_delay_s"];

/// Of any drive.
const USUAL: &[&[&str]] = &[WAY, MANNER];
/// By the rules of BARN.
const SCORED: &[&[&str]] = &[&["score"], WAY, &["clearance_m_min"]];
/// Among people who see the robot.
const SOCIAL: &[&[&str]] = &[WAY, COMPANY, ANSWER];
/// Round a corner.
const CORNERED: &[&[&str]] = &[WAY, &["corner_gap_m_min"], COMPANY, ANSWER];
/// Among people who do not.
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

/// What is driven on data that the user has, with the model of the scenario that is nearest.
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

/// All of it.
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
