//! Published figures of other work beside measured ones, with their comparability.

use super::{Head, Section};

/// A published figure.
pub(super) struct Published {
    /// Quantity.
    pub what: &'static str,
    /// Source.
    pub source: &'static str,
    /// Published value.
    pub theirs: &'static str,
    /// Value measured here; none if not measured.
    pub ours: fn(&Head, &[Section]) -> Option<String>,
    /// Whether the two are comparable.
    pub comparable: &'static str,
}

const XIAO_2022: &str = "Xiao et al., Learning Model Predictive Controllers with Real-Time Attention for Real-World Navigation, 2022";

/// All published figures.
pub(super) const PUBLISHED: [Published; 4] = [
    Published {
        what: "doorway in simulation, success over 100 random pairs",
        source: XIAO_2022,
        theirs: "Performer-MPC 86 %, regular MPC 24 %",
        ours: doorway,
        comparable: "Not directly: simulator, robot, door and hand-engineered cost are others. The order of the two and the size of the gap can be compared, the rates cannot.",
    },
    Published {
        what: "parameters of the Performer",
        source: XIAO_2022,
        theirs: "8.3 M",
        ours: parameters,
        comparable: "Yes.",
    },
    Published {
        what: "time of the whole controller",
        source: XIAO_2022,
        theirs: "8 ms",
        ours: tick,
        comparable: "Not directly: their computer is another. Ours is a tick of the doorway: mapping, network, solving and guarding.",
    },
    Published {
        what: "score of the BARN challenge",
        source: "rules of the challenge",
        theirs: "0.5 is the best there is",
        ours: score,
        comparable: "With the bound, yes: worlds, robot and score are the challenge's. Not with scores of its entrants: theirs are of Gazebo, of ten trials a world and of other worlds.",
    },
];

fn section<'a>(sections: &'a [Section], name: &str) -> Option<&'a Section> {
    sections.iter().find(|section| section.planned.name == name)
}

/// Text with the values of both policies.
fn both(learned: Option<String>, regular: Option<String>) -> Option<String> {
    Some(format!(
        "Performer-MPC {}, regular MPC {}",
        learned?, regular?
    ))
}

fn doorway(_: &Head, sections: &[Section]) -> Option<String> {
    let section = section(sections, "doorway")?;
    let share = |policy: &str| {
        let success = &section.row(policy)?.success;
        Some(format!("{:.0} % of {}", 100.0 * success.rate, success.of))
    };
    both(share("performer"), share("regular"))
}

fn parameters(head: &Head, _: &[Section]) -> Option<String> {
    Some(format!("{:.1} M", head.parameters? as f64 / 1e6))
}

fn tick(_: &Head, sections: &[Section]) -> Option<String> {
    let section = section(sections, "doorway")?;
    let time = |policy: &str| {
        let (_, ticks) = section.ticks.iter().find(|(name, _)| name == policy)?;
        Some(format!("{:.1} ms", ticks.ms_p50))
    };
    Some(both(time("performer"), time("regular"))? + " in the median")
}

fn score(_: &Head, sections: &[Section]) -> Option<String> {
    let section = section(sections, "barn")?;
    let mean = |policy: &str| {
        let score = section.row(policy)?.means.get("score")?;
        Some(format!("{:.3}", score.mean))
    };
    both(mean("performer"), mean("regular"))
}
