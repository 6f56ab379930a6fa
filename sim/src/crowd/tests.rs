use super::*;
use perception::Vector2;

fn person(way: &[(f64, f64)], habit: Habit) -> Person {
    Person {
        radius_m: 0.25,
        height_m: 1.7,
        way: way.iter().map(|&(x, y)| Point2::new(x, y)).collect(),
        speed_mps: 1.3,
        temper: Temper {
            relaxation_s: 0.5,
            push_m2ps2: 2.1,
            reach_m: 0.3,
            foresight_s: 1.0,
            heed: 1.0,
        },
        habit,
    }
}

fn open() -> World {
    World::new(Vec::new()).unwrap()
}

fn robot(x: f64, y: f64, vx: f64) -> Body {
    Body {
        position: Point2::new(x, y),
        velocity: Vector2::new(vx, 0.0),
        radius_m: 0.3,
    }
}

/// Smallest gap to a robot within `seconds`, while the crowd walks.
fn nearest(crowd: &mut Crowd, robot: &mut Body, seconds: f64) -> f64 {
    let world = open();
    let mut least = f64::INFINITY;
    for _ in 0..(seconds / 0.005) as usize {
        crowd.step(&world, Some(robot), 0.005);
        robot.position += robot.velocity * 0.005;
        for body in crowd.bodies() {
            let apart = (body.position - robot.position).norm() - body.radius_m - robot.radius_m;
            least = least.min(apart);
        }
    }
    least
}

#[test]
fn a_single_pedestrian_reaches_its_speed_with_the_relaxation_time() {
    let mut slow = person(&[(0.0, 0.0), (20.0, 0.0)], Habit::Steady);
    slow.speed_mps = 1.0;
    let mut crowd = Crowd::new(&[slow]).unwrap();
    crowd.walkers[0].body.velocity = Vector2::zeros();
    for _ in 0..100 {
        crowd.step(&open(), None, 0.005);
    }
    // v = v⁰ (1 − exp(−t/τ)) after t = τ
    let speed = crowd.walkers[0].body.velocity.norm();
    assert!((speed - (1.0 - (-1.0_f64).exp())).abs() < 5e-3, "{speed}");
}

#[test]
fn pedestrians_avoid_a_robot_at_rest() {
    for y in [0.02, 0.2, -0.4] {
        let mut crowd = Crowd::new(&[person(&[(4.0, y), (-4.0, y)], Habit::Steady)]).unwrap();
        let gap = nearest(&mut crowd, &mut robot(0.0, 0.0, 0.0), 10.0);
        assert!(gap > 0.0, "y {y}: {gap} m");
        assert_eq!(crowd.bodies().count(), 0, "y {y}");
    }
}

#[test]
fn pedestrians_do_not_push_against_the_rigid_robot() {
    for y in [0.0, 0.02, 0.2, -0.4] {
        for speed_mps in [0.6, 1.3, 2.0] {
            let mut hasty = person(&[(4.0, y), (-4.0, y)], Habit::Steady);
            hasty.speed_mps = speed_mps;
            hasty.temper = Temper {
                relaxation_s: 0.4,
                push_m2ps2: 1.6,
                reach_m: 0.25,
                foresight_s: 0.6,
                heed: 0.6,
            };
            let mut crowd = Crowd::new(&[hasty]).unwrap();
            let gap = nearest(&mut crowd, &mut robot(0.0, 0.0, 0.0), 10.0);
            assert!(gap > 0.0, "y {y}, {speed_mps} m/s: {gap} m");
        }
    }
}

#[test]
fn more_heed_gives_a_larger_gap_to_the_robot() {
    let gap = |heed: f64| {
        let mut walker = person(&[(4.0, 0.1), (-4.0, 0.1)], Habit::Steady);
        walker.temper.heed = heed;
        nearest(
            &mut Crowd::new(&[walker]).unwrap(),
            &mut robot(0.0, 0.0, 0.0),
            8.0,
        )
    };
    assert!(gap(0.0) < 0.0);
    assert!(gap(0.3) < gap(0.6) && gap(0.6) < gap(1.0));
}

#[test]
fn they_stop_turn_back_and_cut_in() {
    let way = [(0.0, 0.0), (20.0, 0.0)];
    let stops = Habit::Stops {
        after_m: 2.0,
        for_s: 3.0,
    };
    let after = |habit, seconds: f64| {
        let mut crowd = Crowd::new(&[person(&way, habit)]).unwrap();
        for _ in 0..(seconds / 0.005) as usize {
            crowd.step(&open(), None, 0.005);
        }
        crowd.walkers[0].body
    };
    assert!(after(stops, 4.0).velocity.norm() < 0.05);
    assert!(after(stops, 7.0).velocity.x > 1.2);
    let back = Habit::TurnsBack {
        after_m: 3.0,
        to: Point2::new(-2.0, 0.0),
    };
    assert!(after(back, 5.0).velocity.x < -1.2);
    assert!((after(back, 20.0).position.x + 2.0).abs() < 0.6);

    // a pedestrian approaching on the robot's left ends up on its right
    let cuts = Habit::CutsIn {
        within_m: 3.5,
        ahead_m: 1.5,
    };
    let mut crowd = Crowd::new(&[person(&[(6.0, 0.8), (-6.0, 0.8)], cuts)]).unwrap();
    let mut robot = robot(0.0, 0.0, 0.8);
    let mut lowest = f64::INFINITY;
    for _ in 0..800 {
        crowd.step(&open(), Some(&robot), 0.005);
        robot.position += robot.velocity * 0.005;
        lowest = lowest.min(crowd.walkers[0].body.position.y);
    }
    assert!(lowest < -0.2, "{lowest}");
}

#[test]
fn predictions_are_exact_without_a_robot() {
    let people = [
        person(&[(0.0, 0.1), (9.0, 0.0)], Habit::Steady),
        person(
            &[(6.0, 0.0), (-4.0, 0.0)],
            Habit::Stops {
                after_m: 2.0,
                for_s: 1.0,
            },
        ),
    ];
    let mut crowd = Crowd::new(&people).unwrap();
    let seen = crowd.foresee(&open(), 0.1, 40);
    for step in 0..=40 {
        for (companion, body) in seen.iter().zip(crowd.bodies()) {
            let off = (companion.coming[step] - body.position).norm();
            assert!(off < 1e-9, "{off}");
        }
        for _ in 0..2 {
            crowd.step(&open(), None, 0.05);
        }
    }
}

#[test]
fn invalid_pedestrians_are_rejected() {
    let mut nobody = person(&[], Habit::Steady);
    assert!(Crowd::new(std::slice::from_ref(&nobody)).is_err());
    nobody.way = vec![Point2::origin()];
    Crowd::new(std::slice::from_ref(&nobody)).unwrap();
    nobody.speed_mps = 0.0;
    let error = Crowd::new(&[nobody]).unwrap_err().to_string();
    assert!(error.starts_with("person.speed_mps is 0"), "{error}");
}

#[test]
fn pedestrians_behind_a_wall_are_occluded() {
    let wall = crate::Shape::Segment {
        a: Point2::new(2.0, 0.0),
        b: Point2::new(2.0, 9.0),
    };
    let world = World::new(vec![crate::Obstacle::standing(wall, 2.5)]).unwrap();
    let at = |x, y| person(&[(x, y), (9.0, 9.0)], Habit::Steady);
    // before the wall, behind it, past its end, and half hidden by its end
    let people = [at(1.0, 3.0), at(3.0, 3.0), at(3.0, -3.0), at(4.0, 0.1)];
    let crowd = Crowd::new(&people).unwrap();
    let seen = crowd.seen_from(&world, Point2::origin());
    let seen: Vec<Point2> = seen.bodies().map(|body| body.position).collect();
    let expected = [(1.0, 3.0), (3.0, -3.0), (4.0, 0.1)].map(|(x, y)| Point2::new(x, y));
    assert_eq!(seen, expected);
}
