//! Gazebo worlds (SDF) with cylinders and boxes, as the BARN challenge ships them.
//!
//! Poses of model, link and collision add up; a model's pose in `<state>`, where the simulation
//! last left it, takes the place of the one it was defined with. Planes, the ground, are passed
//! over.

use std::collections::BTreeMap;

use perception::{Point2, Pose2};
use roxmltree::{Document, Node, ParsingOptions};

use crate::scenario::{BARN_GOAL, BARN_START};
use crate::{Obstacle, Rules, Shape, SimGoal, Situation, World, WorldError};

/// Most elements, attributes' texts and comments of a file.
const NODES_MAX: u32 = 2_000_000;
/// Characters of a text or a name that an error repeats.
const FOUND_CHARS: usize = 60;
/// Farthest place from the origin, and largest length, m.
const REACH_M: f64 = 20_000.0;

/// Why a file was refused.
#[derive(Debug, thiserror::Error)]
pub enum GazeboError {
    /// Not XML.
    #[error("not XML: {0}")]
    Xml(#[from] roxmltree::Error),
    /// An element is missing or holds what it cannot.
    #[error("line {line}: <{element}> in model {model:?} is {found}: expected {expected}")]
    Element {
        /// Counted from 1.
        line: u32,
        /// Which.
        element: &'static str,
        /// The model it belongs to.
        model: String,
        /// What it held.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// No `<world>` in it.
    #[error("no <world> element")]
    NoWorld,
    /// The obstacles make no world.
    #[error(transparent)]
    World(#[from] WorldError),
}

/// Position in space and heading; roll and pitch must be zero.
#[derive(Debug, Clone, Copy)]
struct Placed {
    pose: Pose2,
    z_m: f64,
}

impl Placed {
    const HERE: Self = Self {
        pose: Pose2::IDENTITY,
        z_m: 0.0,
    };

    fn then(self, inner: Self) -> Self {
        Self {
            pose: self.pose * inner.pose,
            z_m: self.z_m + inner.z_m,
        }
    }
}

/// Reads the obstacles of a world.
pub fn read_gazebo_world(text: &str) -> Result<World, GazeboError> {
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)?;
    let world = document
        .descendants()
        .find(|node| node.has_tag_name("world"))
        .ok_or(GazeboError::NoWorld)?;
    let mut moved = BTreeMap::new();
    for state in children(world, "state").flat_map(|state| children(state, "model")) {
        if child(state, "pose").is_some() {
            moved.entry(state.attribute("name")).or_insert(state);
        }
    }
    let mut obstacles = Vec::new();
    for model in world.children().filter(|node| node.has_tag_name("model")) {
        let name = model.attribute("name").unwrap_or("without a name");
        let at = match moved.get(&model.attribute("name")) {
            Some(state) => pose(*state, name)?,
            None => pose(model, name)?,
        };
        for link in children(model, "link") {
            let at = at.then(pose(link, name)?);
            for collision in children(link, "collision") {
                let at = at.then(pose(collision, name)?);
                obstacles.extend(obstacle(collision, name, at)?);
            }
        }
    }
    Ok(World::new(obstacles)?)
}

/// The trial of the BARN challenge in a world read from its Gazebo file, which knows neither the
/// number of the world nor its shortest way: the straight line, 10 m, stands for that.
pub fn gazebo_trial(name: &str, world: World) -> Situation {
    let goal = Point2::from(BARN_GOAL);
    Situation {
        scenario: name.to_owned(),
        seed: 0,
        world,
        start: BARN_START,
        goal: SimGoal {
            position: goal,
            yaw: None,
            tolerance_m: 1.0,
        },
        path: Vec::new(),
        inner_corners: Vec::new(),
        walks: Vec::new(),
        people: Vec::new(),
        time_limit_s: 100.0,
        rules: Rules::barn((goal - BARN_START.position()).norm()),
    }
}

fn obstacle(
    collision: Node<'_, '_>,
    model: &str,
    at: Placed,
) -> Result<Option<Obstacle>, GazeboError> {
    let Some(geometry) = child(collision, "geometry") else {
        return Err(refused(collision, "geometry", model, "missing", "a shape"));
    };
    let (shape, height_m) = if let Some(cylinder) = child(geometry, "cylinder") {
        let [radius_m] = lengths(cylinder, "radius", model, "a length above 0, up to 20000 m")?;
        let [height_m] = lengths(cylinder, "length", model, "a length above 0, up to 20000 m")?;
        let centre: Point2 = at.pose.position();
        (Shape::Circle { centre, radius_m }, height_m)
    } else if let Some(cuboid) = child(geometry, "box") {
        let [x, y, z] = lengths(
            cuboid,
            "size",
            model,
            "three lengths above 0, up to 20000 m",
        )?;
        (Shape::rectangle(at.pose, x, y), z)
    } else if child(geometry, "plane").is_some() {
        return Ok(None);
    } else {
        let found = geometry
            .children()
            .find(Node::is_element)
            .map_or("empty".to_owned(), |node| {
                format!("<{}>", node.tag_name().name())
            });
        let expected = "a cylinder, a box or a plane";
        return Err(refused(geometry, "geometry", model, &found, expected));
    };
    Ok(Some(Obstacle::between(
        shape,
        at.z_m - 0.5 * height_m,
        at.z_m + 0.5 * height_m,
    )))
}

/// The `<pose>` of an element; at the origin when it has none.
fn pose(of: Node<'_, '_>, model: &str) -> Result<Placed, GazeboError> {
    let Some(node) = child(of, "pose") else {
        return Ok(Placed::HERE);
    };
    let expected = "x y z roll pitch yaw, within 20 km, without roll and pitch";
    let [x, y, z, roll, pitch, yaw] = numbers(node, "pose", model, expected)?;
    if f64::hypot(roll, pitch) > 1e-3 {
        let found = node.text().unwrap_or_default().trim();
        return Err(refused(node, "pose", model, found, expected));
    }
    Ok(Placed {
        pose: Pose2::new(x, y, yaw),
        z_m: z,
    })
}

fn lengths<const N: usize>(
    of: Node<'_, '_>,
    element: &'static str,
    model: &str,
    expected: &'static str,
) -> Result<[f64; N], GazeboError> {
    let node =
        child(of, element).ok_or_else(|| refused(of, element, model, "missing", expected))?;
    let values: [f64; N] = numbers(node, element, model, expected)?;
    if values.iter().all(|&length| length > 0.0) {
        Ok(values)
    } else {
        let found = node.text().unwrap_or_default().trim();
        Err(refused(node, element, model, found, expected))
    }
}

fn numbers<const N: usize>(
    node: Node<'_, '_>,
    element: &'static str,
    model: &str,
    expected: &'static str,
) -> Result<[f64; N], GazeboError> {
    let text = node.text().unwrap_or_default().trim();
    let parsed: Option<Vec<f64>> = text
        .split_whitespace()
        .map(|word| {
            word.parse()
                .ok()
                .filter(|value: &f64| value.abs() <= REACH_M)
        })
        .collect();
    parsed
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| refused(node, element, model, text, expected))
}

fn children<'a, 'input>(
    of: Node<'a, 'input>,
    tag: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    of.children().filter(move |node| node.has_tag_name(tag))
}

fn child<'a, 'input>(of: Node<'a, 'input>, tag: &'static str) -> Option<Node<'a, 'input>> {
    children(of, tag).next()
}

fn refused(
    at: Node<'_, '_>,
    element: &'static str,
    model: &str,
    found: &str,
    expected: &'static str,
) -> GazeboError {
    GazeboError::Element {
        line: at.document().text_pos_at(at.range().start).row,
        element,
        model: model.chars().take(FOUND_CHARS).collect(),
        found: if found.is_empty() {
            "empty".to_owned()
        } else {
            found.chars().take(FOUND_CHARS).collect()
        },
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORLD: &str = "<sdf version='1.6'><world name='default'>
<model name='ground_plane'><static>1</static><link name='l'><collision name='c'>
<geometry><plane><normal>0 0 1</normal></plane></geometry></collision></link></model>
<model name='unit_cylinder_0'><pose>1 2 0.5 0 0 0</pose>
<link name='link'><pose>0.5 0 0 0 0 0</pose><collision name='c'>
<geometry><cylinder><radius>0.075</radius><length>1</length></cylinder></geometry></collision></link></model>
<model name='wall'><pose>0 0 1 0 0 1.5707963267948966</pose><link name='link'><collision name='c'>
<pose>1 0 0 0 0 0</pose><geometry><box><size>4 0.2 2</size></box></geometry></collision></link></model>
<state world_name='default'><model name='unit_cylinder_0'><pose>3 4 0.5 0 0 0</pose></model></state>
</world></sdf>";

    #[test]
    fn poses_add_up_and_the_state_wins() {
        let world = read_gazebo_world(WORLD).unwrap();
        let [post, wall] = world.obstacles() else {
            panic!("two obstacles expected")
        };
        let Shape::Circle { centre, radius_m } = post.shape else {
            panic!("a circle expected")
        };
        assert_eq!((centre, radius_m), (Point2::new(3.5, 4.0), 0.075));
        assert_eq!((post.z_min_m, post.z_max_m), (0.0, 1.0));
        // the box stands 1 m along the turned model's x, which is the world's y, and turned
        assert!(wall.shape.signed_distance_m(Point2::new(0.0, 2.9)) < 0.0);
        assert!(wall.shape.signed_distance_m(Point2::new(0.0, 3.1)) > 0.0);
        assert!(wall.shape.signed_distance_m(Point2::new(0.15, 1.0)) > 0.0);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let message = |good: &str, bad: &str| {
            read_gazebo_world(&WORLD.replace(good, bad))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("<radius>0.075</radius>", "<radius>x</radius>"),
            "line 6: <radius> in model \"unit_cylinder_0\" is x: expected a length above 0, up to 20000 m"
        );
        assert_eq!(
            message("<length>1</length>", ""),
            "line 6: <length> in model \"unit_cylinder_0\" is missing: expected a length above 0, up to 20000 m"
        );
        assert_eq!(
            message("4 0.2 2", "4 0.2"),
            "line 8: <size> in model \"wall\" is 4 0.2: expected three lengths above 0, up to 20000 m"
        );
        assert!(message("3 4 0.5 0 0 0", "3 4 NaN 0 0 0").contains("<pose>"));
        assert!(message("3 4 0.5 0 0 0", "3 4 0 1 0 0").contains("without roll and pitch"));
        assert!(message("<plane><normal>0 0 1</normal></plane>", "<mesh/>").contains("<mesh>"));
        assert_eq!(
            read_gazebo_world("<sdf/>").unwrap_err().to_string(),
            "no <world> element"
        );
    }

    #[test]
    fn lengths_and_places_of_no_world_are_refused() {
        for (good, bad) in [
            ("4 0.2 2", "1e300 0.2 2"),
            ("0.075", "1e300"),
            ("3 4 0.5 0 0 0", "1e300 4 0.5 0 0 0"),
        ] {
            let message = read_gazebo_world(&WORLD.replace(good, bad))
                .unwrap_err()
                .to_string();
            assert!(message.contains(bad), "{message}");
        }
    }

    #[test]
    fn deep_nesting_ends_in_bounded_time() {
        let deep = format!("<sdf>{}", "<world>".repeat(100_000));
        assert!(read_gazebo_world(&deep).is_err());
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        for end in 0..WORLD.len() {
            assert!(read_gazebo_world(&WORLD[..end]).is_err(), "cut at {end}");
        }
    }
}
