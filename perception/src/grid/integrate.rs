//! Integration of a scan into the occupancy grid.

use super::{OccupancyGrid, trace_cells};
use crate::{Ray, Return};

/// Integrates the rays of a scan so that each cell changes at most once per scan: a hit if any ray
/// ended in it, else a miss if a ray passed through it.
#[derive(Debug, Clone, Default)]
pub struct ScanIntegrator {
    /// Last scan that changed a cell: even numbers for a miss, odd numbers for a hit.
    touched: Vec<u32>,
    scans: u32,
}

impl ScanIntegrator {
    /// Integrates the rays of one scan.
    pub fn integrate(&mut self, grid: &mut OccupancyGrid, rays: &[Ray]) {
        let frame = *grid.frame();
        if self.touched.len() != frame.len() || self.scans >= u32::MAX - 2 {
            self.touched.clear();
            self.touched.resize(frame.len(), 0);
            self.scans = 0;
        }
        self.scans += 2;
        let (passed, ended) = (self.scans, self.scans + 1);
        for ray in rays.iter().filter(|ray| ray.outcome == Return::Hit) {
            if let Some((column, row)) = frame.cell_of(ray.end) {
                let index = frame.index(column, row);
                if self.touched[index] != ended {
                    self.touched[index] = ended;
                    grid.mark(index);
                }
            }
        }
        let touched = &mut self.touched;
        for ray in rays {
            trace_cells(&frame, ray.origin, ray.end, |index| {
                if touched[index] < passed {
                    touched[index] = passed;
                    grid.clear(index);
                }
            });
        }
    }
}
