//! Seeing and inferring allocate nothing once every buffer has its size.
#![allow(clippy::unwrap_used)]

use controller::performer::{
    AttentionKernel, Backend, Head, Isa, Kernel, PerformerConfig, PerformerCost, PerformerPath,
    Weights,
};
use controller::{
    Action, CostModel, ExplicitPolicy, Goal, LearnedCost, Limits, MpcSettings, Observation, Policy,
    PolicyError, PurePursuit, PursuitSettings,
};
use perception::{
    DistanceField, GridFrame, LogOdds, OccupancyGrid, Point2, Pose2, Snapshot, Stamp, Twist,
};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn snapshot() -> Snapshot {
    let frame = GridFrame {
        origin: Point2::new(-5.0, -5.0),
        resolution_m: 0.05,
        width: 200,
        height: 200,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        if index * 7919 % 13 == 0 {
            grid.mark(index);
        }
    }
    let mut field = DistanceField::new(3.0);
    field.update(&grid);
    Snapshot {
        velocity: Twist::new(0.5, 0.1),
        grid,
        field,
        ..Snapshot::default()
    }
}

fn learn(
    model: &mut PerformerCost,
    snapshot: &mut Snapshot,
    tick: i64,
    goal: f64,
    into: &mut LearnedCost,
) -> Result<bool, PolicyError> {
    model.learned(&observation(snapshot, tick, goal), into)
}

fn observation(snapshot: &mut Snapshot, tick: i64, goal: f64) -> Observation<'_> {
    snapshot.stamp = Stamp(tick * 50_000_000);
    snapshot.odom_from_base = Pose2::new(0.02 * tick as f64, 0.0, 0.01 * tick as f64);
    Observation::new(
        snapshot.stamp,
        snapshot,
        Goal {
            position: Point2::new(goal, 1.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: 0.1,
        },
        &[],
    )
}

/// A warm network does not allocate.
fn main() {
    let mut config = PerformerConfig::preset("nano").unwrap();
    let mut snapshot = snapshot();
    let profiler = dhat::Profiler::builder().testing().build();
    for attention in [
        AttentionKernel::Relu,
        AttentionKernel::Favor {
            features: 40,
            seed: 2,
        },
    ] {
        config.attention = attention;
        for isa in Isa::available() {
            for kernel in [Kernel::Reference, Kernel::Bf16, Kernel::Int8] {
                let backend = Backend { kernel, isa };
                let mut model = PerformerCost::new(&Weights::random(&config, 2), backend).unwrap();
                let mut into = LearnedCost::default();
                for tick in 0..30 {
                    assert!(learn(&mut model, &mut snapshot, tick, 4.0, &mut into).unwrap());
                }
                let before = dhat::HeapStats::get().total_blocks;
                for tick in 30..60 {
                    assert!(learn(&mut model, &mut snapshot, tick, 4.0, &mut into).unwrap());
                }
                assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
                assert_eq!(into.parameters.0.len(), config.cost.outputs());
                assert_eq!(into.odom_from_view, model.view().odom_from_view);
                let error = learn(&mut model, &mut snapshot, 60, f64::NAN, &mut into);
                assert_eq!(error, Err(PolicyError::NotFinite { what: "goal" }));
            }
        }
    }
    config.head = Head::Path;
    let model = PerformerPath::new(&Weights::random(&config, 2), Backend::best().unwrap()).unwrap();
    let pursuit = PurePursuit::new(PursuitSettings::default(), Limits::default()).unwrap();
    let mut policy = ExplicitPolicy::new(model, pursuit, &MpcSettings::default()).unwrap();
    let mut action = Action::default();
    let mut before = 0;
    for tick in 0..60 {
        if tick == 30 {
            before = dhat::HeapStats::get().total_blocks;
        }
        let observation = observation(&mut snapshot, tick, 4.0);
        policy.act(&observation, &mut action).unwrap();
    }
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
    drop(profiler);
}
