//! How long seeing takes: attention against the number of tokens, linear and ordinary; whole
//! networks by size and kernel; and the view.

use controller::performer::{
    AttentionKernel, FeatureMap, Kernel, LinearAttention, Performer, PerformerConfig, Rows, View,
    ViewBuilder, ViewSettings, Weights,
};
use controller::{Goal, Observation};
use divan::Bencher;
use nalgebra::{Const, DMatrixView, DMatrixViewMut, Dyn};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp, Twist,
};

const HEADS: usize = 8;
const HEAD_WIDTH: usize = 32;
const WIDTH: usize = HEADS * HEAD_WIDTH;
const TOKENS: [usize; 7] = [64, 128, 256, 512, 1024, 2048, 4096];

fn main() {
    divan::main();
}

/// Queries, keys and values, `[tokens, 3 width]`.
fn tokens(count: usize) -> Vec<f32> {
    (0..count * 3 * WIDTH)
        .map(|index| ((index * 7919 % 1009) as f32 / 504.5 - 1.0) * 1.5)
        .collect()
}

#[divan::bench(args = TOKENS)]
fn linear(bencher: Bencher<'_, '_>, count: usize) {
    let qkv = tokens(count);
    let rows = |third: usize| Rows {
        values: &qkv[third * WIDTH..],
        stride: 3 * WIDTH,
    };
    let map = FeatureMap::new(&AttentionKernel::Relu, HEAD_WIDTH);
    let mut attention = LinearAttention::new(map, HEADS, HEAD_WIDTH);
    let mut out = vec![0.0; count * WIDTH];
    bencher.bench_local(|| attention.attend(rows(0), rows(1), rows(2), &mut out));
}

#[divan::bench(args = TOKENS, sample_count = 10)]
fn softmax(bencher: Bencher<'_, '_>, count: usize) {
    let qkv = tokens(count);
    let mut scores = vec![0.0; count * count];
    let mut out = vec![0.0; count * WIDTH];
    bencher.bench_local(|| ordinary_attention(&qkv, count, &mut scores, &mut out));
}

/// `softmax(q k' / sqrt(e)) v`, head by head.
fn ordinary_attention(qkv: &[f32], count: usize, scores: &mut [f32], out: &mut [f32]) {
    let scale = (HEAD_WIDTH as f32).sqrt().recip();
    for head in 0..HEADS {
        let column = head * HEAD_WIDTH;
        let third = |third: usize| &qkv[third * WIDTH + column..];
        let (one, stride) = (Const::<1>, Dyn(3 * WIDTH));
        let (wide, long) = (Dyn(HEAD_WIDTH), Dyn(count));
        // a row-major matrix is the transpose of a column-major one, which the library knows
        let [queries, values] = [0, 2].map(|t| {
            DMatrixView::from_slice_with_strides_generic(third(t), wide, long, one, stride)
        });
        let keys = DMatrixView::from_slice_with_strides_generic(third(1), long, wide, stride, one);
        let mut columns = DMatrixViewMut::from_slice(scores, count, count);
        columns.gemm(scale, &keys, &queries, 0.0);
        for row in scores.chunks_exact_mut(count) {
            let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut total = 0.0;
            for score in row.iter_mut() {
                *score = exponential(*score - highest);
            }
            for score in row.iter() {
                total += score;
            }
            let share = f32::recip(total);
            for score in row {
                *score *= share;
            }
        }
        let out = &mut out[column..];
        let mut columns =
            DMatrixViewMut::from_slice_with_strides_generic(out, wide, long, one, Dyn(WIDTH));
        let weights = DMatrixView::from_slice(scores, count, count);
        columns.gemm(1.0, &values, &weights, 0.0);
    }
}

/// `exp(x)` for `x <= 0` within two parts in 100,000, in steps that the compiler can lay side by side.
fn exponential(x: f32) -> f32 {
    // adding this rounds to a whole number, which is then in the lowest bits
    let round = 1.5 * 2.0_f32.powi(23);
    let power = (x * std::f32::consts::LOG2_E).max(-126.0);
    let rounded = power + round;
    let part = (power - (rounded - round)) * std::f32::consts::LN_2;
    let series = [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let mantissa = series.iter().fold(0.0, |sum, term| sum * part + term);
    let exponent = rounded
        .to_bits()
        .wrapping_sub(round.to_bits())
        .wrapping_add(127);
    mantissa * f32::from_bits(exponent << 23)
}

fn run(bencher: Bencher<'_, '_>, preset: &str, kernel: Kernel) {
    let config = PerformerConfig::preset(preset).expect("a preset");
    let mut performer = Performer::with_kernel(&Weights::random(&config, 2), kernel);
    let area = config.view.cells * config.view.cells;
    let view = View {
        image: (0..config.view.channels() * area)
            .map(|index| (index * 31 % 256) as u8)
            .collect(),
        ..View::default()
    };
    bencher.bench_local(|| performer.forward(&view)[0]);
}

#[divan::bench(args = PerformerConfig::PRESETS)]
fn forward_reference(bencher: Bencher<'_, '_>, preset: &str) {
    run(bencher, preset, Kernel::Reference);
}

#[divan::bench(args = PerformerConfig::PRESETS)]
fn forward_bf16(bencher: Bencher<'_, '_>, preset: &str) {
    run(bencher, preset, Kernel::Bf16);
}

/// A tick's remembering and looking, with a map of 20 m.
#[divan::bench]
fn view(bencher: Bencher<'_, '_>) {
    let frame = GridFrame {
        origin: Point2::new(-10.0, -10.0),
        resolution_m: 0.05,
        width: 400,
        height: 400,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        if index * 7919 % 13 == 0 {
            grid.mark(index);
        } else {
            grid.clear(index);
        }
    }
    let mut field = DistanceField::new(3.0);
    field.update(&grid);
    let mut snapshot = Snapshot {
        odom_from_base: Pose2::new(0.013, 0.027, 0.4),
        velocity: Twist::new(0.5, 0.1),
        grid,
        field,
        ..Snapshot::default()
    };
    let mut builder = ViewBuilder::new(&ViewSettings::default());
    let mut view = View::default();
    bencher.bench_local(|| {
        snapshot.stamp = Stamp(snapshot.stamp.0 + 50_000_000);
        builder.remember(&snapshot);
        let observation = Observation {
            now: snapshot.stamp,
            snapshot: &snapshot,
            goal: Goal {
                position: Point2::new(4.0, 3.0),
                yaw: None,
                tolerance_m: 0.3,
            },
            path: &[],
        };
        builder.build(&observation, &mut view);
        view.image[0]
    });
}
