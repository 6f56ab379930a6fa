//! How far the next obstacle is.

use super::Mapper;
use super::fusion::Fusion;
use crate::grid::SurfaceLayer;
use crate::{Cell, GridFrame, OccupancyGrid, Point2, Return, Surface, Vector2};

impl Mapper {
    /// Notes where the beams of a planar scan ended in their cells.
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

    /// Brings the distances about `base` up to date.
    pub(super) fn measure(&mut self, base: Point2) {
        let window = self.field_window(base);
        let grid = self.fusion.as_ref().map_or(&self.grid, Fusion::grid);
        if !self.settings.surfaces {
            self.field.update_window(grid, window);
            return;
        }
        let fusion = self.fusion.as_ref();
        let (left, bottom) = grid.frame().signed_cell(window.centre_of(0, 0));
        self.field.update_surfaces(window, |column, row| {
            let (column, row) = (left as usize + column, bottom as usize + row);
            surface_of(&self.grid, &self.surfaces, fusion, column, row)
        });
    }

    /// The part of the grid about `base` in which distances are wanted.
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

/// What a cell of the map holds: as planar scans have it where they say something stands there, else
/// as the volume does.
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
