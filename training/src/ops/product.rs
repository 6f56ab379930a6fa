//! Products of matrices that fit the nearest cache, as one head of attention has them, where calling
//! and packing would cost more than multiplying.
#![allow(clippy::inline_always)] // a loop takes the target features of the function that it is inlined into

/// Entry `(i, p)` is `data[i * row_stride + p * col_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a> {
    /// Where the entries lie.
    pub data: &'a [f32],
    /// Between rows.
    pub row_stride: usize,
    /// Between columns.
    pub col_stride: usize,
}

impl<'a> Strided<'a> {
    /// Row by row, rows of `stride`.
    pub fn rows(data: &'a [f32], stride: usize) -> Self {
        Self {
            data,
            row_stride: stride,
            col_stride: 1,
        }
    }

    /// The transpose of [`Self::rows`].
    pub fn columns(data: &'a [f32], stride: usize) -> Self {
        Self {
            data,
            row_stride: 1,
            col_stride: stride,
        }
    }
}

/// `out += a b` of sizes `[m, n, k]`; rows of `out` and `b` are `out_stride` and `b_stride` apart.
#[inline(always)]
pub fn product_add(
    out: &mut [f32],
    out_stride: usize,
    a: Strided,
    b: &[f32],
    b_stride: usize,
    [m, n, k]: [usize; 3],
) {
    let mut row = 0;
    while row < m {
        let tall = m - row >= 8;
        let a = Strided {
            data: &a.data[row * a.row_stride..],
            ..a
        };
        let out = &mut out[row * out_stride..];
        let mut col = 0;
        while col < n {
            let (out, b) = (&mut out[col..], &b[col..]);
            col += match (tall, n - col) {
                (true, 32..) => block::<8, 32>(out, out_stride, a, b, b_stride, k),
                (true, 16..) => block::<8, 16>(out, out_stride, a, b, b_stride, k),
                (true, _) => block::<8, 1>(out, out_stride, a, b, b_stride, k),
                (false, 32..) => block::<1, 32>(out, out_stride, a, b, b_stride, k),
                (false, 16..) => block::<1, 16>(out, out_stride, a, b, b_stride, k),
                (false, _) => block::<1, 1>(out, out_stride, a, b, b_stride, k),
            };
        }
        row += if tall { 8 } else { 1 };
    }
}

/// One block of `R` by `C`, held in registers; returns `C`.
#[inline(always)]
fn block<const R: usize, const C: usize>(
    out: &mut [f32],
    out_stride: usize,
    a: Strided,
    b: &[f32],
    b_stride: usize,
    k: usize,
) -> usize {
    let mut sums = [[0.0_f32; C]; R];
    for p in 0..k {
        let b = b[p * b_stride..].first_chunk::<C>().unwrap_or(&[0.0; C]);
        for (r, sums) in sums.iter_mut().enumerate() {
            let a = a.data[r * a.row_stride + p * a.col_stride];
            for c in 0..C {
                sums[c] = a.mul_add(b[c], sums[c]);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        for (out, sum) in out[r * out_stride..][..C].iter_mut().zip(sums) {
            *out += sum;
        }
    }
    C
}

/// Writes the transpose of `[rows, cols]`.
#[inline(always)]
pub fn transpose(matrix: &[f32], rows: usize, cols: usize, out: &mut [f32]) {
    for row in 0..rows {
        for col in 0..cols {
            out[col * rows + row] = matrix[row * cols + col];
        }
    }
}
