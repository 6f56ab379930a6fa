//! Matrix products that fit the L1 cache, as in one head of attention, where packing would take
//! longer than multiplying. They use the kernels of the robot.

use controller::performer::Isa;
use controller::performer::kernels::{Finish, Left, PANEL, Right, Then, product};

/// The left factor, row-major with `stride`.
pub fn rows(words: &[f32], stride: usize) -> Left<'_, f32> {
    Left {
        words,
        row_stride: stride,
        depth_stride: 1,
    }
}

/// The left factor, transposed from [`rows`].
pub fn columns(words: &[f32], stride: usize) -> Left<'_, f32> {
    Left {
        words,
        row_stride: 1,
        depth_stride: stride,
    }
}

/// `out = a b` or `out += a b` of sizes `[m, n, k]`; `[b, out]` are the row strides.
pub fn multiply(
    out: &mut [f32],
    a: Left<'_, f32>,
    b: &[f32],
    size: [usize; 3],
    [b_stride, row_stride]: [usize; 2],
    then: Then,
) {
    let b = Right {
        words: b,
        depth_stride: b_stride,
        panel_stride: PANEL,
    };
    let finish = Finish {
        scales: None,
        bias: None,
        then,
        row_stride,
    };
    product(Isa::best(), size, a, b, out, finish);
}

/// Writes the transpose of `[rows, cols]`.
pub fn transpose(matrix: &[f32], rows: usize, cols: usize, out: &mut [f32]) {
    for (col, out) in out.chunks_exact_mut(rows).enumerate() {
        for (out, row) in out.iter_mut().zip(matrix.chunks_exact(cols)) {
            *out = row[col];
        }
    }
}
