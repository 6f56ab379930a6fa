//! Objects that a planar scan misses: below its plane, above it, and holes in the floor.

use std::collections::BTreeSet;

use perception::{Point2, Point3};
use serde::Serialize;

use crate::{Band, Material, World};

/// Minimum number of observed cells of an object in view.
const CELLS_MIN: usize = 6;
/// Minimum share of its observed cells that a found object has in the map.
const FOUND_SHARE: f64 = 0.5;
/// Maximum distance of a point from an object that it belongs to, m.
const ON_M: f64 = 0.01;

/// Kind of object that a planar scan misses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// Ends below the plane of the scan: a low box.
    Low,
    /// Begins above the plane of the scan: a table top.
    High,
    /// A hole or stairs down.
    Drop,
}

/// Result for an object in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ObjectFinding {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// Cells of the object in view.
    pub cells: usize,
    /// Cells in view that are occupied in the map.
    pub occupied: usize,
    /// True if enough of them are occupied.
    pub found: bool,
}

/// An object, and the cells in which it was observed.
struct Piece {
    kind: ObjectKind,
    /// Indices of its obstacles or floor patches.
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
            // patches that share a corner are steps of the same stairs
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

    /// Adds a point on an object within the band, and its cell.
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

    /// Adds a point below the floor on a line of sight.
    pub(super) fn see_below(&mut self, place: Point3, cell: (i64, i64)) {
        let patches = self.world.floor_patches();
        for piece in &mut self.pieces {
            let holds = |part: &usize| patches[*part].contains(place.xy());
            if piece.kind == ObjectKind::Drop && piece.parts.iter().any(holds) {
                piece.cells.insert(cell);
            }
        }
    }

    /// Evaluates each object; `occupied` returns the state of a cell, none outside the map.
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
