//! Cost per metre of a route.

use serde::{Deserialize, Serialize};

use crate::{Cell, DistanceField, Footprint, OccupancyGrid, Point2, SettingsError};

/// Maximum distance of the surface in a cell from the edge of the cell, m.
const HALF_CELL_M: f64 = 0.025;
/// Ratio of the price of a metre with less clearance than `radius_m` to that of a metre at
/// `radius_m`.
const TIGHT_PRICE: f64 = 8.0;

/// Parameters of the route planner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteSettings {
    /// Spacing of the search lattice, m; rounded to whole cells of the map.
    pub cell_m: f64,
    /// Preferred minimum clearance of routes, m.
    pub radius_m: f64,
    /// Hard minimum clearance of routes, m. Clearance below `radius_m` is used only if every other
    /// route is far longer. 0 means the inscribed radius of the footprint less half a cell, so that
    /// routes pass every gap in which the robot fits.
    pub least_radius_m: f64,
    /// Clearance beyond which obstacles add no cost, m.
    pub clearance_m: f64,
    /// Price of a metre at clearance `radius_m`, in addition to the 1 of a metre in free space.
    pub clearance_price: f64,
    /// Price factor of a metre through unobserved space, 1 or more.
    pub unknown_price: f64,
    /// True if routes may enter unobserved space; else it counts as an obstacle.
    pub enter_unknown: bool,
    /// Heuristic weight for a faster search (weighted A*, Pohl 1970), 1 or more: the cost of the
    /// route is at most this many times the optimum.
    pub haste: f64,
    /// The previous route is kept unless a new one saves this share of its price.
    pub hysteresis: f64,
    /// Distance between waypoints, m.
    pub spacing_m: f64,
}

impl Default for RouteSettings {
    fn default() -> Self {
        Self {
            cell_m: 0.1,
            radius_m: 0.25,
            least_radius_m: 0.0,
            clearance_m: 0.6,
            clearance_price: 3.0,
            unknown_price: 1.5,
            enter_unknown: true,
            haste: 1.2,
            hysteresis: 0.1,
            spacing_m: 0.2,
        }
    }
}

impl RouteSettings {
    /// Returns the settings with an unset minimum clearance replaced by that of the footprint.
    #[must_use]
    pub fn of_footprint(&self, footprint: &Footprint) -> Self {
        let mut settings = self.clone();
        if settings.least_radius_m == 0.0 {
            let inscribed_m = footprint.inscribed_radius_m();
            let least_m = (inscribed_m - HALF_CELL_M).max(0.5 * inscribed_m);
            settings.least_radius_m = least_m.min(settings.radius_m);
        }
        settings
    }

    /// Rejects settings with which no route can be planned.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let section = "route";
        SettingsError::ensure_within(
            section,
            &[
                ("cell_m", self.cell_m, 0.01..=1.0),
                ("radius_m", self.radius_m, 0.01..=10.0),
                ("least_radius_m", self.least_radius_m, 0.0..=self.radius_m),
                ("spacing_m", self.spacing_m, 0.01..=10.0),
            ],
        )?;
        SettingsError::ensure_within(
            section,
            &[
                ("clearance_price", self.clearance_price, 0.0..=1000.0),
                ("hysteresis", self.hysteresis, 0.0..=10.0),
            ],
        )?;
        let fits = self.clearance_m > self.radius_m && self.clearance_m <= 20.0;
        let expected = "a distance above radius_m, up to 20 m";
        SettingsError::ensure(fits, section, "clearance_m", &self.clearance_m, expected)?;
        SettingsError::ensure_within(
            section,
            &[
                ("haste", self.haste, 1.0..=100.0),
                ("unknown_price", self.unknown_price, 1.0..=1000.0),
            ],
        )
    }
}

/// Prices of positions from a map and its distance field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price<'a> {
    pub settings: &'a RouteSettings,
    pub grid: &'a OccupancyGrid,
    pub field: &'a DistanceField,
}

impl Price<'_> {
    /// Clearance to the surface of the nearest obstacle, m: occupied cells extend half a side
    /// around their centres.
    pub fn clearance_m(&self, place: Point2) -> f64 {
        self.field.sample(place).distance_m - 0.5 * self.grid.frame().resolution_m
    }

    /// Price of a metre at this position; infinite where the robot may not be.
    pub fn per_metre(&self, place: Point2) -> f64 {
        self.of(self.clearance_m(place), self.grid.at(place))
    }

    /// Price of a metre in a cell of the map, without interpolation.
    pub fn in_cell(&self, column: usize, row: usize) -> f64 {
        let index = self.grid.frame().index(column, row);
        let distance = f64::from(self.field.distances_m()[index]);
        let half_cell = 0.5 * self.grid.frame().resolution_m;
        self.of(distance - half_cell, self.grid.cell(column, row))
    }

    fn of(&self, clearance: f64, cell: Cell) -> f64 {
        let settings = self.settings;
        let least_m = if settings.least_radius_m > 0.0 {
            settings.least_radius_m
        } else {
            settings.radius_m
        };
        if clearance < least_m {
            return f64::INFINITY;
        }
        let short = (settings.clearance_m - clearance).max(0.0)
            / (settings.clearance_m - settings.radius_m);
        let price = if short <= 1.0 {
            1.0 + settings.clearance_price * short * short
        } else {
            TIGHT_PRICE * (1.0 + settings.clearance_price)
        };
        if cell != Cell::Unknown {
            price
        } else if settings.enter_unknown {
            price * settings.unknown_price
        } else {
            f64::INFINITY
        }
    }

    /// Price of the straight segment between two points, sampled every half cell of the lattice.
    pub fn straight(&self, from: Point2, to: Point2) -> f64 {
        let length = (to - from).norm();
        let samples = (length / (0.5 * self.settings.cell_m)).ceil().max(1.0);
        let mut sum = 0.0;
        for sample in 0..samples as usize {
            sum += self.per_metre(from + (to - from) * ((sample as f64 + 0.5) / samples));
            if sum == f64::INFINITY {
                break;
            }
        }
        sum * length / samples
    }
}
