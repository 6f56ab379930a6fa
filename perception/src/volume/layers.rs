//! Conversion of heights to layers.

use super::VolumeSettings;
use super::column::{LAYERS, LayerSet, between};

/// Heights of the settings in layers, relative to the layer of the floor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers {
    pub layer_m: f64,
    /// Height of the lower side of layer 0, m.
    pub bottom_m: f64,
    /// Layer that contains the floor under the robot.
    pub floor: i32,
    /// First layer above the floor that the robot cannot drive over.
    clearance: i32,
    /// First layer above the floor that the robot can drive under.
    height: i32,
    /// First layer below the floor in which a ray proves a drop.
    drop: i32,
    /// Maximum difference between neighbouring patches of floor, layers.
    pub step: i32,
}

impl Layers {
    pub(crate) fn new(settings: &VolumeSettings) -> Self {
        let half_layers = |height_m: f64| height_m / settings.layer_m - 0.5;
        Self {
            layer_m: settings.layer_m,
            bottom_m: -(settings.layers_below as f64 + 0.5) * settings.layer_m,
            floor: settings.layers_below as i32,
            clearance: 1 + half_layers(settings.clearance_m).round() as i32,
            height: 1 + (half_layers(settings.robot_height_m) - 1e-9).ceil() as i32,
            drop: 1 + (half_layers(settings.drop_m) - 1e-9).ceil() as i32,
            step: (settings.step_m / settings.layer_m).round() as i32,
        }
    }

    /// Height of the middle of a layer, m.
    pub(crate) fn middle_m(&self, layer: i32) -> f64 {
        self.bottom_m + (f64::from(layer) + 0.5) * self.layer_m
    }

    /// Layer at a height; `None` outside the volume.
    pub(crate) fn at(&self, height_m: f64) -> Option<usize> {
        let layer = ((height_m - self.bottom_m) / self.layer_m).floor();
        (0.0..LAYERS as f64)
            .contains(&layer)
            .then_some(layer as usize)
    }

    /// Layers that the robot's body occupies if the floor is in layer `ground`.
    pub(crate) fn band(&self, ground: i32) -> LayerSet {
        between(ground + self.clearance, ground + self.height - 1)
    }

    /// Layers that the floor would occlude.
    pub(crate) fn below(&self, ground: i32) -> LayerSet {
        between(0, ground - self.drop)
    }

    /// Layer just below the floor: a ray through it is weak evidence of a drop, not a proof.
    pub(crate) fn just_below(ground: i32) -> LayerSet {
        between(ground - 1, ground - 1)
    }

    /// Layers whose surface counts as floor if the floor is in layer `ground`.
    pub(crate) fn floor_about(&self, ground: i32) -> LayerSet {
        between(ground - self.step.max(1), ground + self.clearance - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_fall_where_the_settings_put_them() {
        let layers = Layers::new(&VolumeSettings::default());
        // the floor's layer is 14, from -0.02 to 0.02 m; 0.06 m is the lower side of layer 16
        assert_eq!(layers.at(0.0), Some(14));
        assert_eq!(layers.at(0.0601), Some(16));
        let band = layers.band(14);
        assert_eq!(band.trailing_zeros(), 16);
        // 0.8 m lies inside the layer from 0.78 to 0.82 m, which counts
        assert_eq!(band.ilog2(), 34);
        // all of a layer must be 0.1 m below: its upper side is at -0.1 m
        assert_eq!(layers.below(14).ilog2(), 11);
    }
}
