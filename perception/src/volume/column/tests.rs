//! Tests of the bit-plane counters of a column against plain counters, and of their classification.

use proptest::prelude::*;

use super::*;

impl Column {
    fn level_of(&self, layer: usize) -> u64 {
        (0..3)
            .map(|plane| (self.level[plane] >> layer & 1) << plane)
            .sum()
    }
}

proptest! {
    /// The bit planes count as 64 saturating counters would.
    #[test]
    fn planes_count_like_counters(steps in prop::collection::vec(any::<[u64; 3]>(), 1..40)) {
        let mut column = UNKNOWN;
        let mut counters = [2_i64; LAYERS];
        for [two, one, take] in steps {
            column.add_two(two);
            column.add_one(one);
            column.take_one(take);
            for (layer, counter) in counters.iter_mut().enumerate() {
                let has = |set: u64| (set >> layer & 1) as i64;
                *counter = (*counter + 2 * has(two)).min(7);
                *counter = (*counter + has(one)).min(7);
                *counter = (*counter - has(take)).max(0);
                prop_assert_eq!(column.level_of(layer), *counter as u64);
            }
        }
    }

    #[test]
    fn layer_sets_contain_exactly_their_range(low in -5_i32..70, high in -5_i32..70) {
        for layer in 0..LAYERS as i32 {
            let inside = low <= layer && layer <= high;
            prop_assert_eq!(between(low, high) >> layer & 1 == 1, inside);
        }
    }
}

fn seen(hit: LayerSet, passed: LayerSet) -> Sighting {
    Sighting {
        hit,
        weak: 0,
        passed,
    }
}

fn at(t_s: f64) -> Stamp {
    Stamp::from_secs(t_s)
}

const MEMORY: Memory = Memory {
    mover_s: 1.0,
    settle_s: 10.0,
};
/// Layers 18 to 22.
const ABOUT_20: LayerSet = 0b11111 << 18;

#[test]
fn static_obstacles_are_cleared_only_by_rays_through_them() {
    let mut column = UNKNOWN;
    for tick in 0..4 {
        column.update(
            seen(1 << 20, 0),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    for tick in 4..100 {
        column.update(
            seen(0, 1 << 18),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 1 << 20);
}

#[test]
fn grazing_rays_keep_a_table_top_and_rays_through_it_clear_it() {
    let mut column = UNKNOWN;
    column.update(seen(1 << 2 | 1 << 20, 0), About::default(), at(0.0), MEMORY);
    for tick in 1..50_u32 {
        let above_or_below = [0b11 << 20, 0b11 << 19][tick as usize % 2];
        column.update(
            seen(0, above_or_below),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 1 << 2 | 1 << 20);
    for tick in 50..52 {
        column.update(
            seen(0, 0b111 << 19),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 1 << 2);
}

#[test]
fn a_table_top_across_two_layers_is_passed_only_from_above_to_below() {
    let plate = 0b11 << 20;
    let mut column = UNKNOWN;
    column.update(seen(plate, 0), About::default(), at(0.0), MEMORY);
    for tick in 1..60_u32 {
        // above, below, and as far into the layer as it is thicker than the plate
        let skims = [0b11 << 21, 0b11 << 19, 0b111 << 20, 0b111 << 19][tick as usize % 4];
        column.update(
            seen(0, skims),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), plate);
    for tick in 60..62 {
        column.update(
            seen(0, 0b1111 << 19),
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 0);
}

#[test]
fn rays_beside_a_hit_clear_nothing() {
    let mut column = UNKNOWN;
    for tick in 0..50 {
        let (hit, skimmed) = if tick % 2 == 0 { (20, 21) } else { (21, 20) };
        let sighting = seen(1 << hit, 1 << skimmed);
        column.update(
            sighting,
            About::default(),
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 0b11 << 20);
}

#[test]
fn dynamic_returns_are_cleared_by_nearby_rays_within_two_updates() {
    let mut column = UNKNOWN;
    let mut t_s = 0.0;
    let mut update = |column: &mut Column, hit, passed| {
        t_s += 0.1;
        column.update(seen(hit, passed), About::default(), at(t_s), MEMORY);
    };
    for _ in 0..3 {
        update(&mut column, 0, ABOUT_20 | ABOUT_20 << 8);
    }
    for _ in 0..5 {
        // 23 was never observed free, but is adjacent to layers that were
        update(&mut column, 1 << 20 | 1 << 23 | 1 << 28, 0);
    }
    assert_eq!(column.occupied(), 1 << 20 | 1 << 23 | 1 << 28);
    for _ in 0..2 {
        update(&mut column, 0, 1 << 18 | 1 << 26);
    }
    assert_eq!(column.occupied(), 0);
}

#[test]
fn a_mover_with_rays_beside_it_is_cleared_unless_it_has_settled() {
    let memory = Memory {
        settle_s: 1.0,
        ..MEMORY
    };
    let person = 1 << 10 | 1 << 20 | 1 << 28;
    let about_person = person | person << 1 | person >> 1;
    let mut column = UNKNOWN;
    for tick in 0..3 {
        let t = at(0.1 * f64::from(tick));
        column.update(seen(0, about_person), About::default(), t, memory);
    }
    let mut settled = column;
    for tick in 3..6 {
        let t = at(0.1 * f64::from(tick));
        column.update(seen(person, 0), About::default(), t, memory);
    }
    assert!(!column.forget_movers(at(1.6), 1.0), "out of sight");
    column.update(seen(0, 1 << 40), About::default(), at(1.3), memory);
    assert!(
        !column.forget_movers(at(1.6), 1.0),
        "sight passed far above"
    );
    column.update(seen(0, 1 << 23), About::default(), at(1.4), memory);
    assert!(!column.forget_movers(at(1.4), 1.0), "too soon");
    assert_eq!(column.occupied(), person & !(1 << 20));
    assert!(column.forget_movers(at(1.6), 1.0));
    assert_eq!(column.occupied(), 0);
    for tick in 3..30 {
        let t = at(0.1 * f64::from(tick));
        settled.update(seen(person, 0), About::default(), t, memory);
    }
    settled.update(seen(0, 1 << 23), About::default(), at(60.0), memory);
    assert!(!settled.forget_movers(at(60.0), 1.0));
    assert_eq!(settled.occupied(), person);
}

/// The edge of a seat shares its cells with voxels that rays passed before it was observed.
#[test]
fn a_low_mover_is_cleared_only_by_rays_through_it() {
    let mut column = UNKNOWN;
    for tick in 0..3 {
        let t = at(0.1 * f64::from(tick));
        column.update(seen(0, ABOUT_20), About::default(), t, MEMORY);
    }
    column.update(seen(1 << 20, 0), About::default(), at(0.3), MEMORY);
    column.update(seen(1 << 20, 0), About::default(), at(0.4), MEMORY);
    assert_eq!(column.movers(), 1 << 20);
    for tick in 5..100 {
        let t = at(0.1 * f64::from(tick));
        column.update(seen(0, 0b111 << 22), About::default(), t, MEMORY);
        assert!(!column.forget_movers(t, MEMORY.mover_s));
    }
    assert_eq!(column.occupied(), 1 << 20);
    column.update(seen(0, ABOUT_20), About::default(), at(10.0), MEMORY);
    assert_eq!(column.occupied(), 0);
}

#[test]
fn floor_is_no_mover() {
    let about = About {
        floor: 0b111 << 19,
        ..About::default()
    };
    let mut column = UNKNOWN;
    for tick in 0..3 {
        column.update(seen(0, ABOUT_20), about, at(0.1 * f64::from(tick)), MEMORY);
    }
    for tick in 3..6 {
        let floor_and_leg = 1 << 20 | 1 << 23;
        column.update(
            seen(floor_and_leg, 0),
            about,
            at(0.1 * f64::from(tick)),
            MEMORY,
        );
    }
    assert_eq!(column.occupied(), 1 << 20 | 1 << 23);
    assert_eq!(column.movers() & about.floor, 0);
}
