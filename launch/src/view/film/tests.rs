use proptest::prelude::*;

use super::*;

/// A window of a lattice of 0.1 m with cells from a pattern.
fn window([left, bottom]: [i64; 2], [width, height]: [usize; 2], seed: u8) -> Layers {
    let cells = (0..width * height).map(|index| {
        let mixed = (index as u64 / 7 + u64::from(seed)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 59) as u8
    });
    Layers {
        frame: GridFrame {
            origin: Point2::new(0.1 * left as f64, 0.1 * bottom as f64),
            resolution_m: 0.1,
            width,
            height,
        },
        cells: cells.collect(),
    }
}

fn windows() -> impl Strategy<Value = Vec<Layers>> {
    let one = (-9_i64..9, -9_i64..9, 1_usize..12, 1_usize..12, any::<u8>());
    let one = one.prop_map(|(x, y, width, height, seed)| window([x, y], [width, height], seed));
    prop::collection::vec(one, 1..40)
}

proptest! {
    #[test]
    fn every_frame_shows_the_map_that_was_seen(maps in windows()) {
        let mut camera = Camera::new(0.5);
        for (second, map) in maps.iter().enumerate() {
            camera.see(second as f64, Pose2::new(1.0, second as f64, 0.5), map);
        }
        let film = camera.finish(usize::MAX).unwrap();
        prop_assert_eq!(film.frames.len(), maps.len());
        for (index, map) in maps.iter().enumerate() {
            let (pose, layers) = film.layers(index).unwrap();
            prop_assert_eq!(pose, Pose2::new(1.0, index as f64, 0.5));
            prop_assert_eq!(layers.corner(), map.corner());
            prop_assert_eq!(layers.frame.width, map.frame.width);
            prop_assert_eq!(&layers.cells, &map.cells);
        }
    }

    #[test]
    fn a_film_keeps_within_its_size_and_keeps_its_end(maps in windows(), bytes in 0_usize..4000) {
        let mut camera = Camera::new(0.5);
        for (second, map) in maps.iter().enumerate() {
            camera.see(second as f64, Pose2::IDENTITY, map);
        }
        let film = camera.finish(bytes).unwrap();
        let total: usize = film.frames.iter().map(|frame| frame.runs.len()).sum();
        prop_assert!(total <= bytes || film.frames.len() == 1);
        let last = film.frames.len() - 1;
        prop_assert_eq!(film.frames[last].t, (maps.len() - 1) as f64);
        prop_assert_eq!(&film.layers(last).unwrap().1.cells, &maps[maps.len() - 1].cells);
    }
}

#[test]
fn frames_come_as_often_as_was_asked_and_the_last_map_is_one() {
    let mut camera = Camera::new(0.25);
    for tick in 0..48 {
        camera.see(
            0.05 * f64::from(tick),
            Pose2::IDENTITY,
            &window([0, 0], [3, 3], 1),
        );
    }
    let film = camera.finish(usize::MAX).unwrap();
    let times: Vec<f64> = film.frames.iter().map(|frame| frame.t).collect();
    assert_eq!(
        times,
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.35]
    );
}

#[test]
fn long_drives_are_filmed_less_often_and_large_maps_in_larger_cells() {
    let mut camera = Camera::new(1.0);
    for second in 0..2000 {
        camera.see(
            f64::from(second),
            Pose2::IDENTITY,
            &window([0, 0], [2, 2], 1),
        );
    }
    let film = camera.finish(usize::MAX).unwrap();
    assert!((200..=FRAMES_MAX + 1).contains(&film.frames.len()));
    assert_eq!(film.frames[film.frames.len() - 1].t, 1999.0);
    let mut camera = Camera::new(1.0);
    camera.see(0.0, Pose2::IDENTITY, &window([5, 0], [3 * SIDE_MAX, 2], 1));
    let film = camera.finish(usize::MAX).unwrap();
    assert!((film.resolution_m - 0.3).abs() < 1e-12);
    assert_eq!(film.layers(0).unwrap().1.corner(), [1, 0]);
}

#[test]
fn what_is_no_film_is_refused() {
    let mut camera = Camera::new(1.0);
    camera.see(0.0, Pose2::IDENTITY, &window([0, 0], [2, 2], 1));
    let film = camera.finish(usize::MAX).unwrap();
    assert!(matches!(film.layers(1), Err(FilmError::Frame { .. })));
    let broken = |edit: fn(&mut Frame)| {
        let mut film = film.clone();
        edit(&mut film.frames[0]);
        film.layers(0).unwrap_err().to_string()
    };
    assert!(broken(|frame| frame.key = false).contains("expected one of 1"));
    assert!(broken(|frame| frame.runs = "?".to_owned()).contains("frame 0"));
    assert!(broken(|frame| frame.size = [9, 9]).contains("expected 81"));
}
