//! What a metre of the way costs.

use serde::{Deserialize, Serialize};

use crate::{Cell, DistanceField, Footprint, OccupancyGrid, Point2, SettingsError};

/// The surface in a cell may be this much farther off than the edge of the cell, m.
const HALF_CELL_M: f64 = 0.025;
/// A metre nearer to obstacles than the radius costs this many times a metre at the radius.
const TIGHT_PRICE: f64 = 8.0;

/// What makes a good way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteSettings {
    /// Spacing of the search lattice, m; rounded to whole cells of the map.
    pub cell_m: f64,
    /// Routes keep this far from obstacles where they can, m.
    pub radius_m: f64,
    /// Routes never lead nearer to obstacles than this, m, and nearer than `radius_m` only where every
    /// other route is far longer; 0: the inscribed radius of the footprint less half a cell, so that
    /// routes lead through every gap that the robot fits through.
    pub least_radius_m: f64,
    /// It likes to keep this far, m.
    pub clearance_m: f64,
    /// Price of a metre at `radius_m` from an obstacle, above the 1 of a metre in the open.
    pub clearance_price: f64,
    /// Factor on metres through unknown space, 1 or more.
    pub unknown_price: f64,
    /// False: unknown space is as good as a wall.
    pub enter_unknown: bool,
    /// The way may cost up to this many times the cheapest, for a quicker search (weighted A*,
    /// Pohl 1970); 1 or more.
    pub haste: f64,
    /// The last way is kept unless a new one saves this share of its price.
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
    /// The same with the least radius of this footprint where none is set.
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

    /// Refuses what gives no way.
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

/// Prices of places, from a map and its distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Price<'a> {
    pub settings: &'a RouteSettings,
    pub grid: &'a OccupancyGrid,
    pub field: &'a DistanceField,
}

impl Price<'_> {
    /// Distance to the nearest obstacle's surface, m: cells are half a side wide about their centres.
    pub fn clearance_m(&self, place: Point2) -> f64 {
        self.field.sample(place).distance_m - 0.5 * self.grid.frame().resolution_m
    }

    /// Price of a metre at this place; infinite where the robot may not be.
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

    /// Price of the straight way between two points, sampled every half cell of the lattice.
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
