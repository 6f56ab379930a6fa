//! The footprint as discs along its length.

use perception::Footprint;

/// Discs of one radius on the base frame's x axis that together cover the footprint.
#[derive(Debug, Clone, PartialEq)]
pub struct FootprintDiscs {
    /// Centres on the x axis, m.
    pub offsets_m: Vec<f64>,
    /// Radius of all, m.
    pub radius_m: f64,
}

impl FootprintDiscs {
    /// One disc for a disc; `count` discs for a rectangle, the more the tighter.
    pub fn cover(footprint: &Footprint, count: usize) -> Self {
        match *footprint {
            Footprint::Disc { radius_m } => Self {
                offsets_m: vec![0.0],
                radius_m,
            },
            Footprint::Rectangle { length_m, width_m } => {
                let pitch = length_m / count.max(1) as f64;
                Self {
                    offsets_m: (0..count.max(1))
                        .map(|disc| (disc as f64 + 0.5) * pitch - 0.5 * length_m)
                        .collect(),
                    radius_m: 0.5 * pitch.hypot(width_m),
                }
            }
        }
    }
}
