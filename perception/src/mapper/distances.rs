//! Distance fields of the mapper, with and without moving objects.

use super::fusion::Fusion;
use super::{MOVING_CELLS, Mapper};
use crate::grid::SurfaceLayer;
use crate::{
    Cell, DistanceField, GridFrame, OccupancyGrid, Point2, Return, Snapshot, Surface, Vector2,
};

impl Mapper {
    /// Records the sub-cell offsets of the endpoints of a planar scan.
    pub(super) fn note_surfaces(&mut self) {
        if !self.settings.surfaces {
            return;
        }
        let frame = self.grid.frame();
        let hits = self.rays.iter().filter(|ray| ray.outcome == Return::Hit);
        let places = hits.filter_map(|ray| {
            let (column, row) = frame.cell_of(ray.end)?;
            Some((frame.index(column, row), ray.end))
        });
        for (index, end) in places.clone() {
            self.surfaces.hit_at(frame, index, end);
        }
        for (index, _) in places {
            self.surfaces.commit(index);
        }
    }

    /// Updates the distance fields around `base`.
    pub(super) fn measure(&mut self, base: Point2) {
        let window = self.field_window(base);
        if let Some(tracker) = &self.tracker {
            let volume = self.fusion.as_ref().map(Fusion::volume);
            let came = |index| volume.is_some_and(|volume| volume.is_mover(index));
            tracker.moving_cells(self.grid.frame(), &mut self.moving_cells, came);
        }
        let mut field = std::mem::take(&mut self.field);
        self.measure_without(&mut field, window, &[]);
        self.field = field;
        // also the first time, so that no memory is allocated later
        if !self.moving_cells.is_empty() || self.field_at_rest.frame().is_empty() {
            let mut field = std::mem::take(&mut self.field_at_rest);
            self.measure_without(&mut field, window, &self.moving_cells);
            self.field_at_rest = field;
        }
    }

    /// Copies the cells of moving objects and, if there are any, the distances without them.
    pub(super) fn tell_field_at_rest(&self, snapshot: &mut Snapshot) {
        snapshot.moving_cells.clear();
        snapshot.moving_cells.reserve(MOVING_CELLS);
        snapshot.moving_cells.extend_from_slice(&self.moving_cells);
        if !self.moving_cells.is_empty() || snapshot.field_at_rest.frame().is_empty() {
            snapshot.field_at_rest.copy_from(&self.field_at_rest);
        }
    }

    /// Computes the distances to all obstacles except those in `cells`, which are in ascending
    /// order.
    fn measure_without(&self, field: &mut DistanceField, window: GridFrame, cells: &[u32]) {
        let fusion = self.fusion.as_ref();
        let grid = fusion.map_or(&self.grid, Fusion::grid);
        let frame = grid.frame();
        let (left, bottom) = frame.signed_cell(window.centre_of(0, 0));
        let is_left_out = |column, row| {
            let index = frame.index(column, row) as u32;
            !cells.is_empty() && cells.binary_search(&index).is_ok()
        };
        let in_grid = |column, row| (left as usize + column, bottom as usize + row);
        if !self.settings.surfaces {
            field.update_where(window, |column, row| {
                let (column, row) = in_grid(column, row);
                grid.cell(column, row) == Cell::Occupied && !is_left_out(column, row)
            });
            return;
        }
        field.update_surfaces(window, |column, row| {
            let (column, row) = in_grid(column, row);
            let surface = surface_of(&self.grid, &self.surfaces, fusion, column, row);
            if surface.is_some() && is_left_out(column, row) {
                Surface::NONE
            } else {
                surface
            }
        });
    }

    /// Part of the grid around `base` for which distances are computed.
    fn field_window(&self, base: Point2) -> GridFrame {
        let frame = *self.grid.frame();
        let side = (self.settings.field_size_m / self.settings.resolution_m).round() as usize;
        let (column, row) = frame.signed_cell(base);
        let place = |cell: i64, count: usize| {
            (cell - side as i64 / 2).clamp(0, (count - side.min(count)) as i64)
        };
        let (left, bottom) = (place(column, frame.width), place(row, frame.height));
        GridFrame {
            origin: frame.origin + Vector2::new(left as f64, bottom as f64) * frame.resolution_m,
            resolution_m: frame.resolution_m,
            width: side.min(frame.width),
            height: side.min(frame.height),
        }
    }
}

/// Surface in a cell of the map: the one of the planar layer if that is occupied, else the one of
/// the volume.
fn surface_of(
    planar: &OccupancyGrid,
    surfaces: &SurfaceLayer,
    fusion: Option<&Fusion>,
    column: usize,
    row: usize,
) -> Surface {
    let index = planar.frame().index(column, row);
    if planar.cell(column, row) == Cell::Occupied {
        let surface = surfaces.surface(index);
        if surface != Surface::SOMEWHERE {
            return surface;
        }
    }
    match fusion {
        Some(fusion) if fusion.grid().cell(column, row) == Cell::Occupied => {
            fusion.volume().surface(index).from_volume()
        }
        None if planar.cell(column, row) == Cell::Occupied => Surface::SOMEWHERE,
        _ => Surface::NONE,
    }
}
