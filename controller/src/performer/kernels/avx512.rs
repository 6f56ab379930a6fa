//! The product with AVX-512: up to 13 rows by 32 columns are summed in registers, each step taking
//! two vectors of the right factor and one broadcast word of the left for every row.
#![allow(unsafe_code)]
// What is not inlined into a function that enables the instructions calls each of them.
#![allow(clippy::inline_always)]

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _CMP_UNORD_Q, _mm_storeu_si128,
    _mm256_storeu_si256, _mm512_add_ps, _mm512_castps_si512, _mm512_castsi512_ps,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_cvtneps_pbh, _mm512_cvtps_epi32,
    _mm512_cvtusepi32_epi8, _mm512_dpbf16_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_epi32, _mm512_maskz_loadu_ps,
    _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_reduce_max_ps, _mm512_reduce_min_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_sub_ps,
};

use half::bf16;

use super::product::{Finish, Format, Left, PANEL, Right, RowScale, Scales, Size, Then, Word};

/// Rows at a time: with 32 columns 26 of the 32 registers hold sums.
const ROWS: usize = 13;
/// Numbers in a register.
const LANES: usize = 16;

/// The instructions for pairs of bfloat16 are there.
pub(super) fn has_bf16() -> bool {
    has_f32() && is_x86_feature_detected!("avx512bf16")
}

/// The instructions for bytes are there.
pub(super) fn has_bytes() -> bool {
    has_f32() && is_x86_feature_detected!("avx512vnni")
}

fn has_f32() -> bool {
    is_x86_feature_detected!("avx512f")
}

/// See [`super::product`], which has checked the sizes. `false` when this machine cannot.
pub(super) fn product<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) -> bool {
    let can = match W::FORMAT {
        Format::Single => has_f32(),
        Format::Pair => has_bf16(),
        Format::Bytes => has_bytes(),
    };
    if can {
        // SAFETY: the instructions are there, and the caller has checked the sizes.
        unsafe {
            match W::FORMAT {
                Format::Single => product_f32(size, a, b, out, finish),
                Format::Pair => product_bf16(size, a, b, out, finish),
                Format::Bytes => product_bytes(size, a, b, out, finish),
            }
        }
    }
    can
}

/// Rounds as many of the first numbers as fill whole registers, and tells how many: none when this
/// machine cannot. Numbers too small to be normal become zero.
pub(super) fn round(values: &[f32], rounded: &mut [bf16]) -> usize {
    let whole = values.len().min(rounded.len()) / LANES * LANES;
    if whole == 0 || !has_bf16() {
        return 0;
    }
    // SAFETY: the instructions are there, and both slices hold `whole` numbers.
    unsafe { round_whole(&values[..whole], &mut rounded[..whole]) };
    whole
}

#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn round_whole(values: &[f32], rounded: &mut [bf16]) {
    let chunks = values.chunks_exact(LANES);
    for (values, rounded) in chunks.zip(rounded.chunks_exact_mut(LANES)) {
        // SAFETY: both chunks hold a register's numbers; bfloat16 are their bits.
        unsafe {
            let halves = _mm512_cvtneps_pbh(_mm512_loadu_ps(values.as_ptr()));
            let halves = std::mem::transmute::<__m256bh, __m256i>(halves);
            _mm256_storeu_si256(rounded.as_mut_ptr().cast(), halves);
        }
    }
}

#[target_feature(enable = "avx512f")]
unsafe fn product_f32<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the caller's contract.
    unsafe { all_tiles(size, a, b, out, finish) }
}

#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn product_bf16<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the caller's contract.
    unsafe { all_tiles(size, a, b, out, finish) }
}

#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn product_bytes<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    // SAFETY: the caller's contract.
    unsafe { all_tiles(size, a, b, out, finish) }
}

/// Lowest and highest of the first numbers that fill whole registers, and how many those are; both
/// are NaN when one is. No number when this machine cannot.
pub(super) fn extremes(values: &[f32]) -> (usize, f32, f32) {
    let whole = values.len() / LANES * LANES;
    if whole == 0 || !has_f32() {
        return (0, f32::INFINITY, f32::NEG_INFINITY);
    }
    // SAFETY: the instructions are there.
    let (lowest, highest) = unsafe { extremes_whole(&values[..whole]) };
    (whole, lowest, highest)
}

#[target_feature(enable = "avx512f")]
fn extremes_whole(values: &[f32]) -> (f32, f32) {
    let mut lowest = _mm512_set1_ps(f32::INFINITY);
    let mut highest = _mm512_set1_ps(f32::NEG_INFINITY);
    let mut unordered = 0;
    for chunk in values.chunks_exact(LANES) {
        // SAFETY: the chunk holds a register's numbers.
        let values = unsafe { _mm512_loadu_ps(chunk.as_ptr()) };
        unordered |= _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(values, values);
        lowest = _mm512_min_ps(lowest, values);
        highest = _mm512_max_ps(highest, values);
    }
    if unordered != 0 {
        return (f32::NAN, f32::NAN);
    }
    (_mm512_reduce_min_ps(lowest), _mm512_reduce_max_ps(highest))
}

/// Writes `(value - lowest) inverse` as the nearest whole numbers, for as many of the first as fill
/// whole registers, and tells how many: none when this machine cannot.
pub(super) fn whole_numbers(values: &[f32], lowest: f32, inverse: f32, bytes: &mut [u8]) -> usize {
    let whole = values.len().min(bytes.len()) / LANES * LANES;
    if whole == 0 || !has_f32() {
        return 0;
    }
    // SAFETY: the instructions are there, and both slices hold `whole` numbers.
    unsafe { whole_numbers_whole(&values[..whole], lowest, inverse, &mut bytes[..whole]) };
    whole
}

#[target_feature(enable = "avx512f")]
unsafe fn whole_numbers_whole(values: &[f32], lowest: f32, inverse: f32, bytes: &mut [u8]) {
    let (lowest, inverse) = (_mm512_set1_ps(lowest), _mm512_set1_ps(inverse));
    let chunks = values.chunks_exact(LANES);
    for (values, bytes) in chunks.zip(bytes.chunks_exact_mut(LANES)) {
        // SAFETY: both chunks hold a register's numbers.
        unsafe {
            let above = _mm512_sub_ps(_mm512_loadu_ps(values.as_ptr()), lowest);
            let whole = _mm512_cvtps_epi32(_mm512_mul_ps(above, inverse));
            _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtusepi32_epi8(whole));
        }
    }
}

/// Where a tile finds its words, by their first addresses.
struct Tile<W> {
    depth: usize,
    a: *const W,
    a_row_stride: usize,
    a_depth_stride: usize,
    b: *const W,
    b_depth_stride: usize,
    bias: Option<*const f32>,
    scales: Option<TileScales>,
    out: *mut f32,
    out_row_stride: usize,
    masks: [u16; 2],
    then: Then,
}

/// What a tile's whole numbers stand for, by first addresses.
#[derive(Clone, Copy)]
struct TileScales {
    rows: *const RowScale,
    column_steps: *const f32,
    column_sums: *const f32,
}

#[inline(always)]
unsafe fn all_tiles<W: Word>(
    size: Size,
    a: Left<'_, W>,
    b: Right<'_, W>,
    out: &mut [f32],
    finish: Finish<'_>,
) {
    let blocks = size.rows.div_ceil(ROWS);
    for (panel, start) in (0..size.columns).step_by(PANEL).enumerate() {
        let width = PANEL.min(size.columns - start);
        let mask = u32::MAX >> (PANEL - width);
        for block in 0..blocks {
            let row = block * size.rows / blocks;
            let rows = (block + 1) * size.rows / blocks - row;
            // SAFETY: `row` and `start` are in range, so these addresses lie in their slices.
            let tile = unsafe {
                Tile {
                    depth: size.depth,
                    a: a.words.as_ptr().add(row * a.row_stride),
                    a_row_stride: a.row_stride,
                    a_depth_stride: a.depth_stride,
                    b: b.words.as_ptr().add(panel * b.panel_stride),
                    b_depth_stride: b.depth_stride,
                    bias: finish.bias.map(|bias| bias.as_ptr().add(start)),
                    scales: finish.scales.map(|scales: Scales<'_>| TileScales {
                        rows: scales.rows.as_ptr().add(row),
                        column_steps: scales.column_steps.as_ptr().add(start),
                        column_sums: scales.column_sums.as_ptr().add(start),
                    }),
                    out: out.as_mut_ptr().add(row * finish.row_stride + start),
                    out_row_stride: finish.row_stride,
                    masks: [mask as u16, (mask >> LANES) as u16],
                    then: finish.then,
                }
            };
            // SAFETY: the tile has `rows` rows inside the sizes that the caller has checked.
            unsafe {
                match rows {
                    1 => tile.run::<1>(),
                    2 => tile.run::<2>(),
                    3 => tile.run::<3>(),
                    4 => tile.run::<4>(),
                    5 => tile.run::<5>(),
                    6 => tile.run::<6>(),
                    7 => tile.run::<7>(),
                    8 => tile.run::<8>(),
                    9 => tile.run::<9>(),
                    10 => tile.run::<10>(),
                    11 => tile.run::<11>(),
                    12 => tile.run::<12>(),
                    _ => tile.run::<ROWS>(),
                }
            }
        }
    }
}

impl<W: Word> Tile<W> {
    #[inline(always)]
    unsafe fn run<const R: usize>(&self) {
        // SAFETY: rows, depth and masked columns stay in the slices that the tile was cut from.
        unsafe {
            let mut sums = match W::FORMAT {
                Format::Bytes => [[_mm512_setzero_ps(); 2]; R],
                _ => [[self.bias(0), self.bias(1)]; R],
            };
            let (mut a, mut b) = (self.a, self.b);
            for _ in 0..self.depth {
                let right = [self.right(b, 0), self.right(b, 1)];
                for (row, sums) in sums.iter_mut().enumerate() {
                    let word = a.add(row * self.a_row_stride).cast::<i32>();
                    let left = _mm512_set1_epi32(word.read_unaligned());
                    sums[0] = step::<W>(sums[0], left, right[0]);
                    sums[1] = step::<W>(sums[1], left, right[1]);
                }
                a = a.wrapping_add(self.a_depth_stride);
                b = b.wrapping_add(self.b_depth_stride);
            }
            for (row, sums) in sums.iter().enumerate() {
                for (half, &sum) in sums.iter().enumerate() {
                    // wrapping: an empty half may begin past the end
                    let out = self.out.add(row * self.out_row_stride);
                    let out = out.wrapping_add(half * LANES);
                    let mask = self.masks[half];
                    let sum = match self.scales {
                        Some(scales) => self.number(scales, row, half, sum),
                        None => sum,
                    };
                    let sum = match self.then {
                        Then::Store => sum,
                        // the second operand is returned for NaN
                        Then::Relu => _mm512_max_ps(_mm512_setzero_ps(), sum),
                        Then::Add => _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out), sum),
                    };
                    _mm512_mask_storeu_ps(out, mask, sum);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn bias(&self, half: usize) -> __m512 {
        // SAFETY: masked to the columns that there are.
        unsafe {
            self.bias.map_or(_mm512_setzero_ps(), |bias| {
                _mm512_maskz_loadu_ps(self.masks[half], bias.wrapping_add(half * LANES))
            })
        }
    }

    /// What whole sums stand for.
    #[inline(always)]
    unsafe fn number(&self, scales: TileScales, row: usize, half: usize, sum: __m512) -> __m512 {
        // SAFETY: the row is one of the tile's; masked to the columns that there are.
        unsafe {
            let RowScale { lowest, step } = *scales.rows.add(row);
            let columns = |first: *const f32| {
                _mm512_maskz_loadu_ps(self.masks[half], first.wrapping_add(half * LANES))
            };
            let sum = _mm512_cvtepi32_ps(_mm512_castps_si512(sum));
            let from_lowest = _mm512_mul_ps(_mm512_set1_ps(lowest), columns(scales.column_sums));
            let sum = _mm512_fmadd_ps(_mm512_set1_ps(step), sum, from_lowest);
            _mm512_fmadd_ps(columns(scales.column_steps), sum, self.bias(half))
        }
    }

    #[inline(always)]
    unsafe fn right(&self, b: *const W, half: usize) -> __m512i {
        let address = b.wrapping_add(half * LANES).cast::<i32>();
        // SAFETY: masked to the columns that there are.
        unsafe { _mm512_maskz_loadu_epi32(self.masks[half], address) }
    }
}

#[inline(always)]
unsafe fn step<W: Word>(sum: __m512, left: __m512i, right: __m512i) -> __m512 {
    // SAFETY: registers only.
    unsafe {
        match W::FORMAT {
            Format::Single => {
                _mm512_fmadd_ps(_mm512_castsi512_ps(left), _mm512_castsi512_ps(right), sum)
            }
            Format::Pair => {
                let [left, right] =
                    [left, right].map(|pairs| std::mem::transmute::<_, __m512bh>(pairs));
                _mm512_dpbf16_ps(sum, left, right)
            }
            Format::Bytes => {
                _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(sum), left, right))
            }
        }
    }
}
