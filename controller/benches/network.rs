//! How long inference takes: whole networks by size, precision and instruction set, and the view.

use std::fmt;

use controller::performer::{
    Backend, Isa, Kernel, Performer, PerformerConfig, View, ViewBuilder, ViewSettings, Weights,
};
use controller::{Goal, Observation};
use divan::Bencher;
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp, Twist,
};

fn main() {
    divan::main();
}

/// A network and the instructions that it computes with.
struct Case {
    preset: &'static str,
    isa: Isa,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.preset, self.isa)
    }
}

/// The two largest networks with every instruction set of this machine.
fn cases() -> Vec<Case> {
    let of = |preset| Isa::available().map(move |isa| Case { preset, isa });
    ["small", "base"].into_iter().flat_map(of).collect()
}

fn run(bencher: Bencher<'_, '_>, &Case { preset, isa }: &Case, kernel: Kernel) {
    let config = PerformerConfig::preset(preset).expect("a preset");
    let weights = Weights::random(&config, 2);
    let mut performer = Performer::with_backend(&weights, Backend { kernel, isa });
    let area = config.view.cells * config.view.cells;
    let view = View {
        image: (0..config.view.channels() * area)
            .map(|index| (index * 31 % 256) as u8)
            .collect(),
        ..View::default()
    };
    bencher.bench_local(|| performer.forward(&view)[0]);
}

#[divan::bench(args = cases())]
fn forward_reference(bencher: Bencher<'_, '_>, case: &Case) {
    run(bencher, case, Kernel::Reference);
}

#[divan::bench(args = cases())]
fn forward_bf16(bencher: Bencher<'_, '_>, case: &Case) {
    run(bencher, case, Kernel::Bf16);
}

#[divan::bench(args = cases())]
fn forward_int8(bencher: Bencher<'_, '_>, case: &Case) {
    run(bencher, case, Kernel::Int8);
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
        let observation = Observation::new(
            snapshot.stamp,
            &snapshot,
            Goal {
                position: Point2::new(4.0, 3.0),
                yaw: None,
                tolerance_m: 0.3,
                yaw_tolerance_rad: 0.1,
            },
            &[],
        );
        builder.build(&observation, &mut view);
        view.image[0]
    });
}
