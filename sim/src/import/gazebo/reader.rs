//! Traversal of the models of a world, nested models and included files.

use std::collections::BTreeSet;

use perception::Pose3;
use roxmltree::Node;

use super::frames::Scope;
use super::state::State;
use super::{
    FOUND_CHARS, GazeboError, OpenModel, child, children, line_of, name_of, parse, refused, shapes,
};
use crate::Obstacle;

/// Maximum nesting depth of models and files.
const DEPTH_MAX: usize = 16;
/// Maximum number of included files.
const INCLUDES_MAX: usize = 10_000;
/// Obstacles that begin above this height are ignored, m.
const ABOVE_M: f64 = 2.0;
/// Standard models without obstacles: a plane and a light.
const EMPTY_MODELS: [&str; 2] = ["ground_plane", "sun"];

/// State of the traversal.
pub(super) struct Reader<'r, 'o> {
    open: &'r mut OpenModel<'o>,
    pub obstacles: Vec<Obstacle>,
    /// Name of the model of each obstacle.
    pub models: Vec<String>,
    /// Notes for the user, one per line.
    pub notes: Vec<String>,
    /// Names of the plugins of world and models.
    pub plugins: BTreeSet<String>,
    includes: usize,
}

impl<'r, 'o> Reader<'r, 'o> {
    pub fn new(open: &'r mut OpenModel<'o>) -> Self {
        Self {
            open,
            obstacles: Vec::new(),
            models: Vec::new(),
            notes: Vec::new(),
            plugins: BTreeSet::new(),
            includes: 0,
        }
    }

    /// Notes the worlds of the same file after the first.
    pub fn other_worlds(&mut self, world: Node<'_, '_>) {
        let others = world.next_siblings().skip(1);
        for other in others.filter(|node| node.has_tag_name("world")) {
            let (line, name) = (line_of(other), name_of(other));
            self.notes.push(format!(
                "line {line}: <world> {name:?} is left out: the first world of a file is read"
            ));
        }
    }

    /// Adds all obstacles of a world.
    pub fn world(&mut self, world: Node<'_, '_>) -> Result<(), GazeboError> {
        let state = State::of(world)?;
        let scope = Scope::of(world);
        for node in world.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "model" if state.is_deleted(name_of(node)) => {}
                "model" => {
                    let name = name_of(node);
                    let (pose, scale) = match state.of_model(name) {
                        Some(state) => state,
                        None => (scope.pose(node, name)?, [1.0; 3]),
                    };
                    self.model(node, name, pose, scale, 0)?;
                }
                "include" => self.include(node, &scope, &Pose3::identity(), &state, 0)?,
                "plugin" => self.plugin(node),
                "actor" => self.notes.push(format!(
                    "line {}: <actor> {:?} is not read: nobody walks there",
                    line_of(node),
                    name_of(node)
                )),
                "population" | "road" | "heightmap" => {
                    let found = format!("<{}>", node.tag_name().name());
                    let expected = "models, each with its own pose";
                    return Err(refused(node, "world", name_of(node), &found, expected));
                }
                _ => {}
            }
        }
        for model in state.inserted() {
            let name = name_of(model);
            let (pose, scale) = match state.of_model(name) {
                Some(state) => state,
                None => (Scope::of(world).pose(model, name)?, [1.0; 3]),
            };
            self.model(model, name, pose, scale, 0)?;
        }
        for moved in state.moved_links() {
            self.notes.push(moved.clone());
        }
        Ok(())
    }

    /// Adds a model at its pose in the world.
    pub fn model(
        &mut self,
        model: Node<'_, '_>,
        name: &str,
        world_from_model: Pose3,
        scale: [f64; 3],
        depth: usize,
    ) -> Result<(), GazeboError> {
        if depth > DEPTH_MAX {
            let expected = "models nested 16 deep at most";
            return Err(refused(model, "model", name, "nested too deeply", expected));
        }
        if let Some(frame) = model.attribute("placement_frame") {
            let expected = "a pose of the model itself";
            let found = format!("placed by its frame {frame:?}");
            return Err(refused(model, "model", name, &found, expected));
        }
        let scope = Scope::of(model);
        let before = self.obstacles.len();
        for node in model.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "link" => {
                    let model_from_link = scope.pose(node, name)?;
                    for collision in children(node, "collision") {
                        let at = world_from_model
                            * scope.pose_within(collision, name, &model_from_link)?;
                        let obstacle = shapes::obstacle(collision, name, &at, scale)?;
                        self.models.extend(obstacle.iter().map(|_| name.to_owned()));
                        self.obstacles.extend(obstacle);
                    }
                    children(node, "plugin").for_each(|plugin| self.plugin(plugin));
                }
                "model" => {
                    let at = world_from_model * scope.pose(node, name)?;
                    self.model(node, name_of(node), at, scale, depth + 1)?;
                }
                "include" => {
                    self.include(node, &scope, &world_from_model, &State::default(), depth)?;
                }
                "plugin" => self.plugin(node),
                _ => {}
            }
        }
        self.note_heights(model, name, before);
        Ok(())
    }

    /// Adds the model of an included file.
    fn include(
        &mut self,
        include: Node<'_, '_>,
        scope: &Scope<'_, '_>,
        world_from_scope: &Pose3,
        state: &State<'_, '_>,
        depth: usize,
    ) -> Result<(), GazeboError> {
        let text = |tag| {
            child(include, tag)
                .and_then(|node| node.text())
                .map(str::trim)
        };
        let uri = text("uri").unwrap_or_default();
        let named = text("name");
        let shown = named.unwrap_or(uri);
        self.includes += 1;
        if self.includes > INCLUDES_MAX || depth > DEPTH_MAX {
            let expected = "at most 10000 files, each included 16 deep at most";
            return Err(refused(include, "include", shown, uri, expected));
        }
        if let Some(frame) = child(include, "placement_frame") {
            let expected = "a pose of the model itself";
            return Err(refused(frame, "placement_frame", shown, "given", expected));
        }
        let Some(text) = (self.open)(uri) else {
            if is_empty_model(uri) {
                return Ok(());
            }
            let expected = "a model.sdf in a directory of --models, GZ_SIM_RESOURCE_PATH or \
                            GAZEBO_MODEL_PATH";
            let found = format!("{uri:?}, which was not found");
            return Err(refused(include, "include", shown, &found, expected));
        };
        let mut read = || {
            let document = parse(&text)?;
            let root = document.root_element();
            let Some(model) = child(root, "model") else {
                let found = root.first_element_child();
                let found = found.map_or("nothing".to_owned(), |node| {
                    format!("<{}>", node.tag_name().name())
                });
                return Err(refused(root, "sdf", uri, &found, "a <model>"));
            };
            let name = named.unwrap_or(name_of(model));
            if state.is_deleted(name) {
                return Ok(());
            }
            let (pose, scale) = if let Some(state) = state.of_model(name) {
                state
            } else {
                let pose = if child(include, "pose").is_some() {
                    scope.pose(include, name)?
                } else {
                    Scope::of(root).pose(model, name)?
                };
                (world_from_scope * pose, [1.0; 3])
            };
            self.model(model, name, pose, scale, depth + 1)
        };
        read().map_err(|source| match source {
            // the innermost invalid file, without the chain of includes
            GazeboError::Included { .. } => source,
            _ => GazeboError::Included {
                uri: uri.to_owned(),
                source: Box::new(source),
            },
        })
    }

    fn plugin(&mut self, plugin: Node<'_, '_>) {
        let name = plugin.attribute("filename").unwrap_or(name_of(plugin));
        if self.plugins.len() < FOUND_CHARS {
            self.plugins
                .insert(name.chars().take(FOUND_CHARS).collect());
        }
    }

    /// Notes a model above or below the height range of robots.
    fn note_heights(&mut self, model: Node<'_, '_>, name: &str, before: usize) {
        let added = &self.obstacles[before..];
        let low = added
            .iter()
            .map(|o| o.z_min_m)
            .fold(f64::INFINITY, f64::min);
        let high = added
            .iter()
            .map(|o| o.z_max_m)
            .fold(f64::NEG_INFINITY, f64::max);
        let place = if added.is_empty() {
            return;
        } else if high <= 0.0 {
            "below the ground"
        } else if low >= ABOVE_M {
            "above robots"
        } else {
            return;
        };
        self.notes.push(format!(
            "line {}: model {name:?} stands {place}, from {low:.2} m to {high:.2} m: nothing touches it",
            line_of(model)
        ));
    }
}

/// True for the URI of a standard model without obstacles.
fn is_empty_model(uri: &str) -> bool {
    let last = uri
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let last = last.to_ascii_lowercase().replace(' ', "_");
    EMPTY_MODELS.contains(&last.as_str())
}
