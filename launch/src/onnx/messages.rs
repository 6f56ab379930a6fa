//! The part of `onnx.proto` that a network of plain operations needs.
//!
//! Tags and names are those of ONNX 1.12 (IR version 8), <https://github.com/onnx/onnx>, `onnx/onnx.proto`.

/// `TensorProto.DataType.FLOAT`.
pub(super) const FLOAT: i32 = 1;
/// `TensorProto.DataType.INT64`.
pub(super) const INT64: i32 = 7;
/// `AttributeProto.AttributeType.FLOAT`.
const ATTRIBUTE_FLOAT: i32 = 1;
/// `AttributeProto.AttributeType.INT`.
const ATTRIBUTE_INT: i32 = 2;
/// `AttributeProto.AttributeType.INTS`.
const ATTRIBUTE_INTS: i32 = 7;

/// A whole file.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Model {
    #[prost(int64, optional, tag = "1")]
    pub ir_version: Option<i64>,
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(string, tag = "3")]
    pub producer_version: String,
    #[prost(string, tag = "6")]
    pub doc_string: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")]
    pub metadata: Vec<Property>,
}

/// Version of the operators of a domain; `""` is ONNX itself.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OperatorSet {
    #[prost(string, optional, tag = "1")]
    pub domain: Option<String>,
    #[prost(int64, optional, tag = "2")]
    pub version: Option<i64>,
}

/// A key and its value.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Property {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Operations in an order in which they can be computed, and constants.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializers: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub inputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub outputs: Vec<ValueInfo>,
}

/// One operation.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub outputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attributes: Vec<Attribute>,
}

/// A setting of an operation.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub float_value: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub integer_value: Option<i64>,
    // proto2 does not pack numbers
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub integer_values: Vec<i64>,
    #[prost(int32, optional, tag = "20")]
    pub kind: Option<i32>,
}

impl Attribute {
    pub(super) fn float(name: &str, value: f32) -> Self {
        Self {
            name: name.to_owned(),
            float_value: Some(value),
            kind: Some(ATTRIBUTE_FLOAT),
            ..Self::default()
        }
    }

    pub(super) fn integer(name: &str, value: i64) -> Self {
        Self {
            name: name.to_owned(),
            integer_value: Some(value),
            kind: Some(ATTRIBUTE_INT),
            ..Self::default()
        }
    }

    pub(super) fn integers(name: &str, values: &[i64]) -> Self {
        Self {
            name: name.to_owned(),
            integer_values: values.to_vec(),
            kind: Some(ATTRIBUTE_INTS),
            ..Self::default()
        }
    }
}

/// A constant.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, packed = "false", tag = "1")]
    pub shape: Vec<i64>,
    #[prost(int32, optional, tag = "2")]
    pub data_type: Option<i32>,
    #[prost(string, tag = "8")]
    pub name: String,
    /// Little-endian, row-major.
    #[prost(bytes = "vec", tag = "9")]
    pub data: Vec<u8>,
}

/// An input or an output.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<ValueType>,
    #[prost(string, tag = "3")]
    pub doc_string: String,
}

impl ValueInfo {
    /// Numbers in single precision of a fixed shape.
    pub(super) fn floats(name: &str, shape: &[usize], doc_string: String) -> Self {
        let dimensions = shape.iter().map(|&size| Dimension {
            size: Some(size as i64),
        });
        Self {
            name: name.to_owned(),
            kind: Some(ValueType {
                tensor: Some(TensorType {
                    element: Some(FLOAT),
                    shape: Some(Shape {
                        dimensions: dimensions.collect(),
                    }),
                }),
            }),
            doc_string,
        }
    }
}

/// Type of a value; only tensors of the kinds defined by ONNX.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValueType {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

/// Element and shape of a tensor.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct TensorType {
    #[prost(int32, optional, tag = "1")]
    pub element: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

/// A shape.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dimensions: Vec<Dimension>,
}

/// One size of a shape.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Dimension {
    #[prost(int64, optional, tag = "1")]
    pub size: Option<i64>,
}
