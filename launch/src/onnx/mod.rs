//! The network as an ONNX file, for the runtimes of others.
//!
//! ```text
//! patches [1, tokens, patch_len] ─┐
//! state   [1, STATE_LEN] ─────────┴─▶ graph of standard operations, opset 17 ─▶ raw [1, outputs]
//! ```
//!
//! The controller itself does not run ONNX: it computes with `controller::performer`. Inputs and
//! outputs are described for users in `docs/onnx.md`; `launch/tests/onnx.rs` compares ONNX Runtime
//! with our own engine.

mod graph;
mod messages;
mod network;

use controller::performer::{Head, STATE_LEN, Weights};
use prost::Message as _;
use serde_json::json;

use messages::{Model, OperatorSet, Property, ValueInfo};

/// Name of the input `[1, tokens, patch_len]`.
pub const PATCHES: &str = "patches";
/// Name of the input `[1, STATE_LEN]`.
pub const STATE: &str = "state";
/// Name of the output `[1, outputs]`.
pub const RAW: &str = "raw";

/// Version of ONNX's operators, the first with `LayerNormalization`.
pub const OPSET: i64 = 17;
/// Version of the file format released with that opset.
const IR_VERSION: i64 = 8;

/// The bytes of an ONNX file of a network; `card` describes its training, conventionally as JSON.
/// The same weights and card give the same bytes.
pub fn export(weights: &Weights, card: &str) -> Vec<u8> {
    let config = weights.config();
    let property = |key: &str, value: String| Property {
        key: key.to_owned(),
        value,
    };
    let mut graph = network::graph(weights);
    "vision_performer".clone_into(&mut graph.name);
    graph.inputs = vec![
        ValueInfo::floats(
            PATCHES,
            &[1, config.tokens(), config.patch_len()],
            format!(
                "Patches of the view, row by row from the lowest y; a patch is [channels, {side}, {side}], 0 to 1.",
                side = config.patch
            ),
        ),
        ValueInfo::floats(
            STATE,
            &[1, STATE_LEN],
            "min(d, 20)/10, exp(-d/2), cos and sin of the heading, m/s, rad/s, cos and sin of the goal's heading."
                .to_owned(),
        ),
    ];
    let meaning = match config.head {
        Head::Cost => "parameters of the learned cost",
        Head::Path => "knots of the path",
    };
    graph.outputs = vec![ValueInfo::floats(
        RAW,
        &[1, config.outputs()],
        format!("{meaning} before they are bounded by limit tanh(raw / limit)."),
    )];
    let model = Model {
        ir_version: Some(IR_VERSION),
        producer_name: "performer-mpc".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "A Vision Performer of Performer-MPC; see docs/onnx.md.".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet {
            domain: Some(String::new()),
            version: Some(OPSET),
        }],
        metadata: vec![
            property("config", json!(config).to_string()),
            property("card", card.to_owned()),
        ],
    };
    model.encode_to_vec()
}
