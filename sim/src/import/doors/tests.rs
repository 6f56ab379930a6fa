use mapping::MapMeta;

use super::*;

const ENTRY: &str = r#"{"map":"m","door":[2.5,2.5],"heading":0.0,"width":0.8,"a":[1.25,2.5],"b":[3.75,2.5],"clear_a":1,"clear_b":1}"#;

/// A map of 5 by 5 m with cells of 0.05 m: a wall at x = 2.5 m with a door of `door_cells` cells.
fn map(door_cells: usize) -> StaticMap {
    let yaml = "image: m.pgm\nresolution: 0.05\norigin: [0, 0, 0]\nnegate: 0\noccupied_thresh: 0.65\nfree_thresh: 0.196\n";
    let mut image = b"P5 100 100 255\n".to_vec();
    for row in 0..100_usize {
        for column in 0..100_usize {
            let is_edge = [row, column].iter().any(|at| [0, 99].contains(at));
            let from = 50 - door_cells / 2;
            let is_wall = (49..52).contains(&column) && !(from..from + door_cells).contains(&row);
            image.push(if is_edge || is_wall { 0 } else { 254 });
        }
    }
    StaticMap::read(&MapMeta::from_yaml(yaml).unwrap(), &image).unwrap()
}

fn place(door_cells: usize) -> DoorPlace {
    let doors = read_doors(format!("[{ENTRY}]").as_bytes()).unwrap();
    doors[0].place(&map(door_cells)).unwrap()
}

#[test]
fn the_world_is_solid_where_the_map_is() {
    let (place, map) = (place(16), map(16));
    let frame = map.frame();
    for column in 0..100 {
        for row in 0..100 {
            let point = frame.centre_of(column, row);
            let depth = place.world.obstacles().iter();
            let depth = depth.map(|obstacle| obstacle.shape.signed_distance_m(point));
            let is_solid = depth.fold(f64::INFINITY, f64::min) < 0.0;
            let occupied = map.occupancy()[frame.index(column, row)] == StaticMap::OCCUPIED;
            assert_eq!(is_solid, occupied, "{point}");
        }
    }
}

#[test]
fn free_discs_around_the_ends_contain_no_obstacle() {
    // the disc extends into the wall behind a, by half a cell
    let entry = ENTRY.replace("\"clear_a\":1", "\"clear_a\":1.2251");
    let doors = read_doors(format!("[{entry}]").as_bytes()).unwrap();
    let map = map(16);
    let world = doors[0].place(&map).unwrap().world;
    let a = doors[0].a;
    let touches = |world: &World| {
        let nearest = world.obstacles().iter();
        nearest
            .map(|obstacle| obstacle.shape.signed_distance_m(a))
            .fold(f64::INFINITY, f64::min)
    };
    assert!(touches(&place(16).world) < 1.2251);
    assert!(touches(&world) >= 1.2251);
}

#[test]
fn a_door_is_passable_when_it_is_wider_than_the_robot() {
    let robot = RobotModel::round();
    let width_m = 2.0 * robot.footprint.circumscribed_radius_m();
    for cells in 8..=20 {
        let is_wider = 0.05 * cells as f64 > width_m + 0.01;
        let passable = place(cells).is_passable(&robot).unwrap();
        assert_eq!(passable, is_wider, "{cells} cells");
    }
}

#[test]
fn both_directions_connect_the_ends() {
    let place = place(16);
    let there = place.situation(DoorDirection::AToB, 4);
    let back = place.situation(DoorDirection::BToA, 4);
    assert_eq!(there.start.position(), place.door.a);
    assert_eq!(there.goal.position, back.start.position());
    assert_eq!(there.start.yaw, back.start.yaw);
    let other = place.situation(DoorDirection::AToB, 6);
    assert!((other.start.yaw - there.start.yaw).abs() > 1e-6);
}

#[test]
fn errors_name_the_entry() {
    let cases = [
        (
            r#""map":"m""#,
            r#""map":3"#,
            "map is 3: expected a map's name",
        ),
        (
            "[2.5,2.5]",
            "[2.5]",
            "door is [2.5]: expected [x, y] within 1000 km of the map's origin, m",
        ),
        (
            "[2.5,2.5]",
            "[1e99,2.5]",
            "door is [1e+99,2.5]: expected [x, y] within 1000 km of the map's origin, m",
        ),
        (
            r#""b":[3.75,2.5],"#,
            "",
            "b is missing: expected [x, y] within 1000 km of the map's origin, m",
        ),
        (
            "0.8",
            "-1",
            "width is -1: expected a number above 0, up to 100, m",
        ),
        (
            r#""heading":0.0"#,
            r#""heading":"n""#,
            "heading is \"n\": expected a number, rad",
        ),
    ];
    for (good, bad, expected) in cases {
        let json = format!("[{ENTRY},{}]", ENTRY.replace(good, bad));
        let error = read_doors(json.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, format!("entry 1: {expected}"));
    }
    let off = ENTRY.replace("3.75,2.5", "8,2.5");
    let doors = read_doors(format!("[{off}]").as_bytes()).unwrap();
    assert_eq!(
        doors[0].place(&map(16)).unwrap_err().to_string(),
        "entry 0: b is [8, 2.5]: expected a place on its map"
    );
    let far = ENTRY.replace("3.75,2.5", "300,2.5");
    let doors = read_doors(format!("[{far}]").as_bytes()).unwrap();
    assert_eq!(
        doors[0].place(&map(16)).unwrap_err().to_string(),
        "entry 0: b is [300, 2.5]: expected a place within 20 m of the passage"
    );
    assert_eq!(
        read_doors(b"[]").unwrap_err().to_string(),
        "the file holds []: expected a list of 1 to 100000 doors"
    );
    for end in 0..ENTRY.len() {
        assert!(read_doors(&ENTRY.as_bytes()[..end]).is_err());
    }
}
