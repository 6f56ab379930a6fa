//! What the paper states, beside ours, and what can be compared.

/// What Xiao et al. (2022) publish: what, theirs, and whether ours is comparable.
pub(super) const PUBLISHED: [[&str; 3]; 3] = [
    [
        "doorway in simulation, success over 100 random pairs",
        "Performer-MPC 86 %, regular MPC 24 %",
        "Not directly: their simulator, robot, door and hand-engineered cost are others. The order of the two and the size of the gap can be compared, the rates cannot.",
    ],
    [
        "parameters of the Performer",
        "8.3 M",
        "Comparable: ours has 8.2 M.",
    ],
    [
        "time of the whole controller",
        "8 ms",
        "Not directly: their computer is another. Ours is the tick below: mapping, network, solving and guarding.",
    ],
];
