use super::*;
use crate::{Material, Scenario};

fn situation(seed: u64) -> Situation {
    Scenario::Rooms(RoomsSettings::default())
        .situation(seed)
        .unwrap()
}

#[test]
fn every_room_is_passable_and_has_the_features_of_its_settings() {
    let disc = Footprint::Disc { radius_m: 0.3 };
    let (mut glass, mut drops, mut ramps, mut tops, mut low) = (0, 0, 0, 0, 0);
    for seed in (0..80).step_by(2) {
        let Situation {
            world, start, goal, ..
        } = situation(seed);
        for place in [start.position(), goal.position] {
            let pose = Pose2::new(place.x, place.y, 0.0);
            assert!(world.gap(&disc, 1.4, pose, 0.1).is_none(), "seed {seed}");
            let roomy = Footprint::Disc { radius_m: 0.4 };
            let footing = world.footing(&roomy, pose);
            assert!(footing.drop_m.max(footing.step_m) <= 0.03, "seed {seed}");
        }
        assert!((goal.position - start.position()).norm() >= 2.5);
        let patches = world.floor_patches();
        drops += u32::from(
            patches
                .iter()
                .any(|patch| patch.z0_m < -0.1 && patch.gradient == [0.0; 2]),
        );
        ramps += u32::from(patches.iter().any(|patch| patch.gradient != [0.0; 2]));
        let some =
            |of: &dyn Fn(&crate::Obstacle) -> bool| u32::from(world.obstacles().iter().any(of));
        glass += some(&|o| o.material == Material::Glass);
        tops += some(&|o| o.z_min_m > 0.6 && (0.7..=0.78).contains(&o.z_max_m));
        low += some(&|o| o.z_min_m == 0.0 && o.z_max_m <= 0.25);
    }
    println!(
        "of 40: {glass} with glass, {drops} with drops, {ramps} with ramps, {tops} tables, {low} boxes"
    );
    assert!(glass > 10 && drops > 10 && ramps > 3 && tops > 20 && low > 20);
}

#[test]
fn the_same_seed_gives_the_same_room() {
    let room = |seed| {
        let situation = situation(seed);
        let world = situation.world;
        (
            world.obstacles().to_vec(),
            world.floor_patches().to_vec(),
            situation.start,
        )
    };
    assert_eq!(room(6), room(6));
    assert_ne!(room(6), room(8));
}

#[test]
fn paths_keep_clearance_between_their_points() {
    let settings = RoomsSettings::default();
    for seed in [2, 4, 6] {
        let Situation {
            world, start, goal, ..
        } = situation(seed);
        let (_, high) = world.bounds();
        let walker = Walker {
            radius_m: 0.3,
            height_m: 1.4,
            step_max_m: settings.step_max_m,
        };
        let size = high - Point2::origin() - Vector2::repeat(0.15);
        let survey = Survey::of(&world, size, &walker);
        let way = survey.way(start.position(), goal.position).unwrap();
        let disc = Footprint::Disc { radius_m: 0.3 };
        for pair in way.windows(2) {
            for share in [0.0, 0.25, 0.5, 0.75] {
                let at = pair[0] + (pair[1] - pair[0]) * share;
                let pose = Pose2::new(at.x, at.y, 0.0);
                assert!(
                    world.gap(&disc, 1.4, pose, 0.0).is_none(),
                    "seed {seed}: {at}"
                );
            }
        }
    }
}

#[test]
fn rooms_without_space_are_rejected() {
    let settings = RoomsSettings {
        width_m: [1.0, 2.0],
        ..RoomsSettings::default()
    };
    assert_eq!(
        Scenario::Rooms(settings)
            .situation(0)
            .unwrap_err()
            .to_string(),
        "rooms.width_m is [1, 2]: expected [low, high] in order, from 3 to 30"
    );
    assert!(serde_json::from_str::<RoomsSettings>(r#"{"holes": 1}"#).is_err());
}
