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
    /// Who knows the map.
    Expert,
}

/// Everybody, in the order of tables: name and who it is.
pub const POLICIES: [(&str, Entrant); 4] = [
    ("regular", Entrant::Regular),
    ("performer", Entrant::Performer),
    ("performer, own model", Entrant::OwnModel),
    ("expert", Entrant::Expert),
];

/// A scenario with its settings, and how often it is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// Names its files, and what `--only` takes.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// As the command line has it.
    pub scenario: &'static str,
    /// Settings over the shipped ones.
    pub settings: &'static [&'static str],
    /// Situations.
    pub situations: u32,
    /// The same with `--quick`.
    pub quick: u32,
    /// Drives of each, by the seed of their faults.
    pub repeats: u32,
    /// Weights that were trained for it, below the directory of the program.
    pub model: Option<&'static str>,
}

const fn planned(
    name: &'static str,
    title: &'static str,
    scenario: &'static str,
    settings: &'static [&'static str],
    [situations, quick, repeats]: [u32; 3],
) -> Planned {
    Planned {
        name,
        title,
        scenario,
        settings,
        situations,
        quick,
        repeats,
        model: None,
    }
}

/// All of it.
pub const PLAN: &[Planned] = &[
    planned("doorway", "Doorway", "doorway", &[], [100, 4, 1]),
    planned(
        "obstacle_course_home",
        "Obstacle course, home",
        "obstacle_course",
        &[],
        [30, 2, 10],
    ),
    planned(
        "obstacle_course_office",
        "Obstacle course, office",
        "obstacle_course",
        &["scenario.obstacle_course.style=\"office\""],
        [30, 2, 10],
    ),
    planned(
        "barn_like",
        "Posts as in BARN",
        "barn_like",
        &[],
        [30, 2, 1],
    ),
    planned(
        "pedestrian_corridor",
        "People in a corridor",
        "pedestrian",
        &[],
        [50, 2, 1],
    ),
    planned(
        "pedestrian_hall",
        "People in a hall",
        "pedestrian",
        &["scenario.pedestrian.place=\"hall\""],
        [50, 2, 1],
    ),
];
