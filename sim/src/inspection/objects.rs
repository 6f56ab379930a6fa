//! Pieces that a planar scan misses: below its plane, above it, and holes in the floor.

use std::collections::BTreeSet;

use perception::{Point2, Point3};
use serde::Serialize;

use crate::{Band, Material, World};

/// A piece counts as seen when error-free sensors saw it in so many cells.
const CELLS_MIN: usize = 6;
/// A piece is found when the map has this share of the cells that it was seen in.
const FOUND_SHARE: f64 = 0.5;
/// A point this near to a piece is on it, m.
const ON_M: f64 = 0.01;

/// What a planar scan does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// Ends below the plane of the scan: a low box.
    Low,
    /// Begins above it: a table top.
    High,
    /// A hole or stairs down.
    Drop,
}

/// What became of a piece that was in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ObjectFinding {
    /// What it is.
    pub kind: ObjectKind,
    /// Cells that it was in view in.
    pub cells: usize,
    /// Those of them that the map has occupied.
    pub occupied: usize,
    /// Enough of them are.
    pub found: bool,
}

/// A piece, and the cells that it was seen in.
struct Piece {
    kind: ObjectKind,
    /// Numbers of the obstacles or of the patches of floor that it is made of.
    parts: Vec<usize>,
    cells: BTreeSet<(i64, i64)>,
}

pub(super) struct Objects {
    world: World,
    pieces: Vec<Piece>,
}

impl Objects {
    pub(super) fn new(world: &World, scan_m: f64, band: Band) -> Self {
        let piece = |kind, parts| Piece {
            kind,
            parts,
            cells: BTreeSet::new(),
        };
        let solids = world.obstacles().iter().enumerate();
        let solids = solids.filter_map(|(number, obstacle)| {
            let is_in_band =
                obstacle.z_max_m > band.clearance_m && obstacle.z_min_m < band.height_m;
            let kind = if obstacle.z_max_m < scan_m {
                ObjectKind::Low
            } else if obstacle.z_min_m > scan_m {
                ObjectKind::High
            } else {
                return None;
            };
            (is_in_band && obstacle.material == Material::Opaque).then(|| piece(kind, vec![number]))
        });
        let mut pieces: Vec<Piece> = solids.collect();
        let patches = world.floor_patches();
        let mut holes: Vec<Vec<usize>> = Vec::new();
        for (number, patch) in patches.iter().enumerate() {
            let is_deep = |vertex: &Point2| patch.plane_m(*vertex) < -band.step_max_m;
            if !patch.vertices.iter().any(is_deep) {
                continue;
            }
            // patches that share a corner are treads of the same stairs
            let shares = |other: &usize| {
                let theirs = &patches[*other].vertices;
                let is_theirs = |v: &Point2| theirs.iter().any(|w| (v - w).norm() < ON_M);
                patch.vertices.iter().any(is_theirs)
            };
            match holes.iter_mut().find(|hole| hole.iter().any(shares)) {
                Some(hole) => hole.push(number),
                None => holes.push(vec![number]),
            }
        }
        pieces.extend(holes.into_iter().map(|hole| piece(ObjectKind::Drop, hole)));
        Self {
            world: world.clone(),
            pieces,
        }
    }

    /// A point on something in the band, and the cell that it lies in.
    pub(super) fn see(&mut self, point: Point3, cell: (i64, i64)) {
        let obstacles = self.world.obstacles();
        for piece in &mut self.pieces {
            let is_on = |part: &usize| {
                let obstacle = &obstacles[*part];
                (obstacle.z_min_m - ON_M..=obstacle.z_max_m + ON_M).contains(&point.z)
                    && obstacle.shape.signed_distance_m(point.xy()) < ON_M
            };
            if piece.kind != ObjectKind::Drop && piece.parts.iter().any(is_on) {
                piece.cells.insert(cell);
            }
        }
    }

    /// A place below the floor that sight went through.
    pub(super) fn see_below(&mut self, place: Point3, cell: (i64, i64)) {
        let patches = self.world.floor_patches();
        for piece in &mut self.pieces {
            let holds = |part: &usize| patches[*part].contains(place.xy());
            if piece.kind == ObjectKind::Drop && piece.parts.iter().any(holds) {
                piece.cells.insert(cell);
            }
        }
    }

    /// What a map has of each piece: `occupied` answers for a cell, not at all when it is out of
    /// the map.
    pub(super) fn judge(
        &self,
        occupied: impl Fn((i64, i64)) -> Option<bool>,
    ) -> Vec<ObjectFinding> {
        let findings = self.pieces.iter().filter_map(|piece| {
            let known: Vec<bool> = piece.cells.iter().copied().filter_map(&occupied).collect();
            let good = known.iter().filter(|occupied| **occupied).count();
            (known.len() >= CELLS_MIN).then_some(ObjectFinding {
                kind: piece.kind,
                cells: known.len(),
                occupied: good,
                found: good as f64 >= FOUND_SHARE * known.len() as f64,
            })
        });
        findings.collect()
    }
}
