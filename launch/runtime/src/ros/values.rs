//! Conversion of parameter values between settings, command line and messages.

use r2r::ParameterValue;
use r2r::rcl_interfaces::msg::ParameterValue as Message;
use toml::Value;

/// Types of `rcl_interfaces/ParameterType`.
const NOT_SET: u8 = 0;
const BOOL: u8 = 1;
pub(super) const INTEGER: u8 = 2;
pub(super) const DOUBLE: u8 = 3;
const STRING: u8 = 4;
const BOOLS: u8 = 6;
const INTEGERS: u8 = 7;
const DOUBLES: u8 = 8;
const STRINGS: u8 = 9;

/// A value from the command line or a parameter file.
pub(super) fn from_ros(value: &ParameterValue) -> Option<Value> {
    Some(match value {
        ParameterValue::Bool(value) => Value::Boolean(*value),
        ParameterValue::Integer(value) => Value::Integer(*value),
        ParameterValue::Double(value) => Value::Float(*value),
        ParameterValue::String(value) => Value::String(value.clone()),
        ParameterValue::BoolArray(items) => Value::from(items.clone()),
        ParameterValue::IntegerArray(items) => Value::from(items.clone()),
        ParameterValue::DoubleArray(items) => Value::from(items.clone()),
        ParameterValue::StringArray(items) => Value::from(items.clone()),
        ParameterValue::NotSet | ParameterValue::ByteArray(_) => return None,
    })
}

/// A value from a message.
pub(super) fn from_message(message: &Message) -> Option<Value> {
    Some(match message.type_ {
        BOOL => Value::Boolean(message.bool_value),
        INTEGER => Value::Integer(message.integer_value),
        DOUBLE => Value::Float(message.double_value),
        STRING => Value::String(message.string_value.clone()),
        BOOLS => Value::from(message.bool_array_value.clone()),
        INTEGERS => Value::from(message.integer_array_value.clone()),
        DOUBLES => Value::from(message.double_array_value.clone()),
        STRINGS => Value::from(message.string_array_value.clone()),
        _ => return None,
    })
}

/// The message of a value; not set if none.
pub(super) fn to_message(value: Option<&Value>) -> Message {
    let mut message = Message::default();
    message.type_ = match value {
        None => NOT_SET,
        Some(Value::Boolean(value)) => {
            message.bool_value = *value;
            BOOL
        }
        Some(Value::Integer(value)) => {
            message.integer_value = *value;
            INTEGER
        }
        Some(Value::Float(value)) => {
            message.double_value = *value;
            DOUBLE
        }
        Some(Value::String(value)) => {
            message.string_value.clone_from(value);
            STRING
        }
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_float) => {
            message.double_array_value = items.iter().filter_map(Value::as_float).collect();
            DOUBLES
        }
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_integer) => {
            message.integer_array_value = items.iter().filter_map(Value::as_integer).collect();
            INTEGERS
        }
        Some(Value::Array(items)) => {
            let texts = items.iter().filter_map(Value::as_str);
            message.string_array_value = texts.map(str::to_owned).collect();
            STRINGS
        }
        Some(other) => {
            message.string_value = other.to_string();
            STRING
        }
    };
    message
}
