//! The simulated robot: outline, drivetrain and sensors.

mod model;
mod plant;
mod plant_settings;

pub use model::RobotModel;
pub use plant::Plant;
pub use plant_settings::PlantSettings;
