//! How long perception's part of a tick takes: a scan into the map, distances, a route.

use divan::Bencher;
use perception::{
    DistanceField, GridFrame, LaserScan, LogOdds, Mapper, MapperSettings, OccupancyGrid, Odometry,
    Point2, Pose2, RoutePlanner, RouteSettings, SensorEvent, Snapshot, Stamp, Stamped, Twist,
};

fn main() {
    divan::main();
}

/// A square grid with posts every metre or so.
fn posts(side: usize) -> OccupancyGrid {
    let frame = GridFrame {
        origin: Point2::origin(),
        resolution_m: 0.05,
        width: side,
        height: side,
    };
    let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
    for index in 0..frame.len() {
        let (column, row) = (index % side, index / side);
        if column % 23 < 3 && (row + column / 23 * 7) % 19 < 3 {
            grid.mark(index);
        } else {
            grid.declare_free(index);
        }
    }
    grid
}

#[divan::bench(args = [200, 240, 400])]
fn distance_field(bencher: Bencher<'_, '_>, side: usize) {
    let grid = posts(side);
    let mut field = DistanceField::new(3.0);
    field.update(&grid);
    bencher.bench_local(|| field.update(&grid));
}

#[divan::bench(args = [240, 400])]
fn route_across(bencher: Bencher<'_, '_>, side: usize) {
    let grid = posts(side);
    let mut planner = RoutePlanner::new(RouteSettings::default()).expect("defaults are valid");
    let end = 0.05 * side as f64 - 0.6;
    let (from, to) = (Point2::new(0.6, 0.6), Point2::new(end, end));
    let mut route = Vec::new();
    bencher.bench_local(|| {
        planner.reset();
        planner.plan(&grid, from, to, &mut route)
    });
}

/// Odometry, a scan of 720 beams that meet something at 2 to 8 m, and the snapshot.
#[divan::bench]
fn mapping_tick(bencher: Bencher<'_, '_>) {
    let mut mapper = Mapper::new(MapperSettings::default()).expect("defaults are valid");
    let mut snapshot = Snapshot::default();
    let scan = LaserScan {
        angle_min: -2.35,
        angle_increment: 0.0065,
        time_increment: 0.0,
        range_min: 0.1,
        range_max: 20.0,
        ranges: (0..720_u16)
            .map(|beam| 2.0 + f32::from(beam % 97) / 16.0)
            .collect(),
    };
    let mut tick = 0;
    bencher.bench_local(|| {
        tick += 1;
        let stamp = Stamp(tick * 50_000_000);
        let odometry = SensorEvent::Odometry(Odometry::level(
            Pose2::new(0.01 * tick as f64, 0.0, 0.0),
            Twist::new(0.2, 0.0),
        ));
        let scan = SensorEvent::Scan {
            base_from_lidar: Pose2::IDENTITY,
            scan: scan.clone(),
        };
        for value in [odometry, scan] {
            mapper.observe(&Stamped { stamp, value }).expect("in order");
        }
        mapper.refresh(&mut snapshot);
    });
}
