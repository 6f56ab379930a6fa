use proptest::prelude::*;

use super::*;

const COLUMNS: usize = 90;
const ROWS: usize = 70;

fn traced(line: Line) -> Vec<LayerSet> {
    let mut passed = vec![0; COLUMNS * ROWS];
    trace(&mut passed, [COLUMNS, ROWS], &[line]);
    passed
}

/// Length of the ray, in voxel units, inside a voxel grown by `margin`; negative if it stays
/// outside.
fn length_in(line: &Line, voxel: [usize; 3], margin: f64) -> f64 {
    let (mut enter, mut leave) = (f64::from(line.skip), 1.0_f64);
    let mut squared = 0.0;
    for (axis, place) in voxel.into_iter().enumerate() {
        let (from, to) = (f64::from(line.from[axis]), f64::from(line.to[axis]));
        let low = place as f64 - margin;
        let high = place as f64 + 1.0 + margin;
        let along = to - from;
        squared += along * along;
        if along == 0.0 {
            if from < low || from > high {
                return -1.0;
            }
            continue;
        }
        let (one, other) = ((low - from) / along, (high - from) / along);
        enter = enter.max(one.min(other));
        leave = leave.min(one.max(other));
    }
    (leave - enter) * squared.sqrt()
}

fn check(line: Line) -> Result<(), TestCaseError> {
    let passed = traced(line);
    for (cell, layers) in passed.iter().enumerate() {
        for layer in 0..LAYERS {
            let voxel = [cell % COLUMNS, cell / COLUMNS, layer];
            if layers >> layer & 1 == 1 {
                prop_assert!(length_in(&line, voxel, 2e-3) >= 0.0, "{line:?} {voxel:?}");
            } else {
                prop_assert!(length_in(&line, voxel, -2e-3) <= 0.01, "{line:?} {voxel:?}");
            }
        }
    }
    Ok(())
}

/// Positions inside and outside the volume, many of them on borders of voxels.
fn point() -> impl Strategy<Value = [f32; 3]> {
    let axis = |size: f32| {
        prop_oneof![
            3 => -20.0..size + 20.0,
            1 => (0..size as i32).prop_map(|place| place as f32),
        ]
    };
    (axis(COLUMNS as f32), axis(ROWS as f32), axis(LAYERS as f32)).prop_map(|(x, y, z)| [x, y, z])
}

/// Heights at the first border that no step can represent.
#[test]
fn a_line_that_is_nearly_upright_begins_at_its_foot() -> Result<(), TestCaseError> {
    for (from, to) in [
        ([58.01, 0.01, 0.01], [58.222_267, 0.01, 58.751_232]),
        ([20.99, 3.5, 0.5], [20.97, 3.6, 63.5]),
        ([20.01, 3.5, 63.5], [20.03, 3.5, 0.5]),
    ] {
        for turned in [false, true] {
            let swap = |[x, y, z]: [f32; 3]| if turned { [y, x, z] } else { [x, y, z] };
            check(Line {
                from: swap(from),
                to: swap(to),
                skip: 0.0,
                layers: !0,
            })?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// All voxels that the ray crosses are marked, and no others.
    #[test]
    fn traversed_cells_are_those_that_the_line_crosses(
        from in point(),
        to in point(),
        skip in 0.0_f32..0.9,
        axes in 0_u8..8,
    ) {
        let mut to = to;
        // some rays run along an axis, or in a plane of two
        for axis in 0..3 {
            if axes >> axis & 1 == 1 && skip > 0.3 {
                to[axis] = from[axis];
            }
        }
        // a ray on the border of two voxels is in either
        let from = from.map(|place| if place.fract() == 0.0 { place + 0.01 } else { place });
        let to = to.map(|place| if place.fract() == 0.0 { place + 0.01 } else { place });
        check(Line { from, to, skip, layers: !0 })?;
    }

    /// All SIMD widths and scalar code give bit-identical results.
    #[test]
    fn all_widths_agree(lines in prop::collection::vec((point(), point(), 0.0_f32..0.9), 1..40)) {
        let lines: Vec<_> = lines
            .into_iter()
            .map(|(from, to, skip)| Line { from, to, skip, layers: !0 << 3 })
            .collect();
        let (mut wide, mut narrow) = (vec![0; COLUMNS * ROWS], vec![0; COLUMNS * ROWS]);
        trace(&mut wide, [COLUMNS, ROWS], &lines);
        wide::narrowly(|| trace(&mut narrow, [COLUMNS, ROWS], &lines));
        prop_assert_eq!(wide, narrow);
    }
}
