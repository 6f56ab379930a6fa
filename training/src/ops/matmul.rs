//! Products of matrices, by the packed kernels of the `gemm` crate on the calling thread.
#![allow(unsafe_code)] // gemm takes pointers; sizes are checked first

use gemm::Parallelism;

/// A matrix as it lies in memory.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row by row.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        assert_eq!(data.len(), rows * cols, "a matrix of {rows} by {cols}");
        Self {
            data,
            rows,
            cols,
            row_stride: cols,
            col_stride: 1,
        }
    }

    /// Seen with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }
}

/// `out += left right`, `out` row by row.
pub fn multiply_add(out: &mut [f32], left: Matrix, right: Matrix) {
    let (m, n, k) = (left.rows, right.cols, left.cols);
    assert_eq!(k, right.rows, "inner sizes of a product");
    assert_eq!(out.len(), m * n, "a product of {m} by {n}");
    // SAFETY: the strides of both factors stay inside their slices (`Matrix::new` has compared the sizes), those of
    // the product inside `out`, which nothing else refers to.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            true,
            left.data.as_ptr(),
            left.col_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.col_stride as isize,
            right.row_stride as isize,
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
