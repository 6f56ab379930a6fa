//! Matrix product in plain Rust: the reference of the tests, and the fallback on other machines.
// Compiled separately for each instruction set that a caller enables.
#![allow(clippy::inline_always)]

use super::product::{Finish, Left, PANEL, Right, RowScale, Size, Then, Word};

/// See [`super::product`], which has checked the sizes.
#[inline(always)]
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    for (panel, start) in (0..size.columns).step_by(PANEL).enumerate() {
        let width = PANEL.min(size.columns - start);
        let b_panel = &b.words[panel * b.panel_stride..];
        for row in 0..size.rows {
            let mut sums = [W::Sum::default(); PANEL];
            if let Some(bias) = finish.bias {
                for (sum, &bias) in sums.iter_mut().zip(&bias[start..start + width]) {
                    *sum = W::begin(bias);
                }
            }
            for depth in 0..size.depth {
                let left = a.words[row * a.row_stride + depth * a.depth_stride];
                let right = &b_panel[depth * b.depth_stride..][..width];
                if let Ok(right) = <&[W; PANEL]>::try_from(right) {
                    for (sum, &right) in sums.iter_mut().zip(right) {
                        *sum = left.multiply_add(right, *sum);
                    }
                } else {
                    for (sum, &right) in sums.iter_mut().zip(right) {
                        *sum = left.multiply_add(right, *sum);
                    }
                }
            }
            let out = &mut out[row * finish.row_stride + start..][..width];
            for (column, (out, &sum)) in out.iter_mut().zip(&sums).enumerate() {
                let sum = finished(row, start + column, W::number(sum), finish);
                *out = match finish.then {
                    Then::Store => sum,
                    // unlike `max`, lets NaN through
                    Then::Relu => {
                        if sum < 0.0 {
                            0.0
                        } else {
                            sum
                        }
                    }
                    Then::Add => *out + sum,
                };
            }
        }
    }
}

/// The value of an entry, from its sum.
#[inline(always)]
fn finished(row: usize, column: usize, sum: f32, finish: Finish<'_>) -> f32 {
    let Some(scales) = finish.scales else {
        return sum;
    };
    let RowScale { lowest, step } = scales.rows[row];
    let bias = finish.bias.map_or(0.0, |bias| bias[column]);
    scales.column_steps[column] * (step * sum + lowest * scales.column_sums[column]) + bias
}
