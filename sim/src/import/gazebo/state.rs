//! Overrides of models by `<state>`: the last saved state of the simulation.

use std::collections::{BTreeMap, BTreeSet};

use perception::Pose3;
use roxmltree::Node;

use super::frames::{numbers, read_pose};
use super::{GazeboError, child, children, line_of, name_of, refused};

/// Tolerance of equal poses, m and rad.
const SAME: f64 = 1e-3;

/// Models whose definition the state overrides.
#[derive(Default)]
pub(super) struct State<'a, 'i> {
    models: BTreeMap<&'a str, (Pose3, [f64; 3])>,
    deleted: BTreeSet<&'a str>,
    inserted: Vec<Node<'a, 'i>>,
    moved: Vec<String>,
}

impl<'a, 'i> State<'a, 'i> {
    pub fn of(world: Node<'a, 'i>) -> Result<Self, GazeboError> {
        let mut this = Self::default();
        for state in children(world, "state") {
            for model in children(state, "model") {
                this.model(world, model)?;
            }
            for list in children(state, "deletions") {
                let names = children(list, "name").filter_map(|name| name.text());
                this.deleted.extend(names.map(str::trim));
            }
            for list in children(state, "insertions") {
                this.inserted.extend(children(list, "model"));
                if let Some(include) = child(list, "include") {
                    let expected = "models spelled out";
                    return Err(refused(include, "insertions", "", "<include>", expected));
                }
            }
        }
        Ok(this)
    }

    fn model(&mut self, world: Node<'a, 'i>, state: Node<'a, 'i>) -> Result<(), GazeboError> {
        let name = name_of(state);
        let Some(node) = child(state, "pose") else {
            return Ok(());
        };
        let pose = read_pose(node, name)?;
        let expected = "three factors above 0";
        let scale = match child(state, "scale") {
            Some(node) => {
                let scale: [f64; 3] = numbers(node, "scale", name, expected)?;
                if scale.iter().any(|factor| *factor <= 0.0) {
                    let found = node.text().unwrap_or_default().trim();
                    return Err(refused(node, "scale", name, found, expected));
                }
                scale
            }
            None => [1.0; 3],
        };
        if self.models.contains_key(name) {
            return Ok(());
        }
        let defined = children(world, "model").find(|model| name_of(*model) == name);
        for link in children(state, "link") {
            let definition = defined.and_then(|model| {
                children(model, "link").find(|defined| name_of(*defined) == name_of(link))
            });
            let (Some(definition), Some(node)) = (definition, child(link, "pose")) else {
                continue;
            };
            let told = read_pose(node, name)?;
            let own = child(definition, "pose");
            let own = own.map_or(Ok(Pose3::identity()), |node| read_pose(node, name))?;
            // relative to the world, as Gazebo writes it, or to the model
            if !is_same(&told, &(pose * own)) && !is_same(&told, &own) {
                self.moved.push(format!(
                    "line {}: link {:?} of model {name:?} has moved against its model, and is read where the \
                     model defines it",
                    line_of(link),
                    name_of(link)
                ));
            }
        }
        self.models.insert(name, (pose, scale));
        Ok(())
    }

    /// Pose and scale of a model, if the state has them.
    pub fn of_model(&self, name: &str) -> Option<(Pose3, [f64; 3])> {
        self.models.get(name).copied()
    }

    pub fn is_deleted(&self, name: &str) -> bool {
        self.deleted.contains(name)
    }

    /// Models inserted during the simulation.
    pub fn inserted(&self) -> impl Iterator<Item = Node<'a, 'i>> {
        self.inserted.clone().into_iter()
    }

    /// Links displaced in their models, one note each.
    pub fn moved_links(&self) -> &[String] {
        &self.moved
    }
}

fn is_same(a: &Pose3, b: &Pose3) -> bool {
    let apart = a.inverse() * b;
    apart.translation.vector.norm() < SAME && apart.rotation.angle() < SAME
}
