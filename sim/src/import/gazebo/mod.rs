//! Gazebo worlds: SDF files of cylinders, boxes, spheres and capsules, as in the BARN challenge and
//! packages of robots.
//!
//! Models, nested models and included ones are read with their frames; a model's pose, scale,
//! insertion or deletion in `<state>`, as the simulation last saved it, overrides its definition.
//! Unsupported content is rejected with its line (meshes, populations, tilted shapes) or reported
//! in a note (plugins, actors, objects above the robot or below the ground). Level planes are the
//! ground.
//!
//! Source: `SDFormat` 1.11 and its "Pose Frame Semantics".

mod frames;
mod reader;
mod shapes;
mod state;

use perception::Point2;
use roxmltree::{Document, Node, ParsingOptions};

use crate::scenario::{BARN_GOAL, BARN_START};
use crate::{Rules, SimGoal, Situation, World, WorldError};
use frames::Scope;
use reader::Reader;

/// Maximum number of elements, attribute texts and comments of a file.
const NODES_MAX: u32 = 2_000_000;
/// Maximum length of quotations in errors, characters.
const FOUND_CHARS: usize = 60;

/// Reasons to reject a file.
#[derive(Debug, thiserror::Error)]
pub enum GazeboError {
    /// Not XML.
    #[error("not XML: {0}")]
    Xml(#[from] roxmltree::Error),
    /// An element is missing or invalid.
    #[error("line {line}: <{element}> in model {model:?} is {found}: expected {expected}")]
    Element {
        /// Counted from 1.
        line: u32,
        /// Element name.
        element: &'static str,
        /// Its model.
        model: String,
        /// Value found.
        found: String,
        /// Value expected.
        expected: &'static str,
    },
    /// An included file is invalid.
    #[error("{uri}: {source}")]
    Included {
        /// URI of the file.
        uri: String,
        /// Cause.
        source: Box<GazeboError>,
    },
    /// The file has no `<world>`.
    #[error("no <world> element")]
    NoWorld,
    /// The obstacles are not a valid world.
    #[error(transparent)]
    World(#[from] WorldError),
}

/// Text of the SDF file of a URI; none if not found.
pub type OpenModel<'a> = dyn FnMut(&str) -> Option<String> + 'a;

/// A world and notes for the user.
#[derive(Debug, Clone)]
pub struct GazeboWorld {
    /// The static obstacles.
    pub world: World,
    /// Name of the model of each obstacle of `world`.
    pub models: Vec<String>,
    /// Notes on unsupported content of the file, one per line.
    pub notes: Vec<String>,
}

impl GazeboWorld {
    /// Reads the obstacles of a world or of a single model.
    pub fn read(text: &str, open: &mut OpenModel<'_>) -> Result<Self, GazeboError> {
        let document = parse(text)?;
        let mut reader = Reader::new(open);
        let world = document
            .descendants()
            .find(|node| node.has_tag_name("world"));
        match (world, child(document.root_element(), "model")) {
            (Some(world), _) => {
                reader.world(world)?;
                reader.other_worlds(world);
            }
            (None, Some(model)) => {
                let scope = Scope::of(document.root_element());
                let pose = scope.pose(model, name_of(model))?;
                reader.model(model, name_of(model), pose, [1.0; 3], 0)?;
            }
            (None, None) => return Err(GazeboError::NoWorld),
        }
        if reader.obstacles.is_empty() {
            let note = "the world has no obstacle: no model of it has a <collision>";
            reader.notes.push(note.to_owned());
        }
        if !reader.plugins.is_empty() {
            let names: Vec<String> = reader.plugins.into_iter().collect();
            let names = names.join(", ");
            reader.notes.push(format!(
                "plugins are not run, models stay where they begin: {names}"
            ));
        }
        Ok(Self {
            world: World::new(reader.obstacles)?,
            models: reader.models,
            notes: reader.notes,
        })
    }
}

/// Reads the obstacles of a world without included files.
pub fn read_gazebo_world(text: &str) -> Result<World, GazeboError> {
    GazeboWorld::read(text, &mut |_| None).map(|read| read.world)
}

/// The trial of the BARN challenge in a world from its Gazebo file. The file contains neither the
/// number of the world nor its shortest path: the straight line of 10 m is used in its place.
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

fn parse(text: &str) -> Result<Document<'_>, GazeboError> {
    let options = ParsingOptions {
        nodes_limit: NODES_MAX,
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Ok(Document::parse_with_options(text, options)?)
}

fn name_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("name").unwrap_or("without a name")
}

fn line_of(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
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
        line: line_of(at),
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
mod tests;
