//! Builds a graph operation by operation; every value is known by its name.

use super::messages::{Attribute, FLOAT, Graph, INT64, Node, Tensor};

/// A graph under construction.
#[derive(Default)]
pub(super) struct GraphBuilder(Graph);

impl GraphBuilder {
    /// Adds an operation of one output; returns that output's name.
    pub(super) fn node(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        output: String,
        attributes: Vec<Attribute>,
    ) -> String {
        self.push(op_type, inputs, vec![output.clone()], attributes);
        output
    }

    /// Adds an operation that cuts a tensor into `N` equal parts along its last axis.
    pub(super) fn split<const N: usize>(&mut self, input: &str, parts: [String; N]) -> [String; N] {
        let axis = Attribute::integer("axis", -1);
        self.push("Split", &[input], parts.to_vec(), vec![axis]);
        parts
    }

    fn push(
        &mut self,
        op_type: &str,
        inputs: &[&str],
        outputs: Vec<String>,
        attributes: Vec<Attribute>,
    ) {
        self.0.nodes.push(Node {
            inputs: inputs.iter().map(ToString::to_string).collect(),
            name: format!("{op_type}:{}", outputs.join(",")),
            outputs,
            op_type: op_type.to_owned(),
            attributes,
        });
    }

    /// Adds a constant in single precision; returns its name.
    pub(super) fn floats(
        &mut self,
        name: String,
        shape: &[usize],
        values: impl IntoIterator<Item = f32>,
    ) -> String {
        let data = values.into_iter().flat_map(f32::to_le_bytes).collect();
        let shape = shape.iter().map(|&size| size as i64).collect();
        self.constant(name, FLOAT, shape, data)
    }

    /// Adds a list of whole numbers, as operations take shapes and axes; returns its name.
    pub(super) fn integers(&mut self, name: String, values: &[i64]) -> String {
        let data = values.iter().copied().flat_map(i64::to_le_bytes).collect();
        self.constant(name, INT64, vec![values.len() as i64], data)
    }

    fn constant(&mut self, name: String, element: i32, shape: Vec<i64>, data: Vec<u8>) -> String {
        self.0.initializers.push(Tensor {
            shape,
            data_type: Some(element),
            name: name.clone(),
            data,
        });
        name
    }

    /// The graph, still without name, inputs and outputs.
    pub(super) fn finish(self) -> Graph {
        self.0
    }
}
