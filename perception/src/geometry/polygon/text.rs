//! Parsing of vertices: a list of `[x, y]`, or the same as text in Nav2's format.

use std::fmt;
use std::str::FromStr;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Polygon, PolygonError};

/// Maximum length of the text, characters.
const TEXT_MAX: usize = 2000;
/// Maximum length of the text that an error repeats, characters.
const FOUND_MAX: usize = 20;

impl FromStr for Polygon {
    type Err = PolygonError;

    /// Parses Nav2's format: `"[[0.6, 0.25], [0.6, -0.25], [-0.2, 0.0]]"`.
    fn from_str(text: &str) -> Result<Self, PolygonError> {
        if text.len() > TEXT_MAX {
            let found = format!("{} characters", text.len());
            return Err(PolygonError::Text { found });
        }
        let mut rest = text.trim_start();
        let mut vertices = Vec::new();
        expect(&mut rest, '[')?;
        loop {
            expect(&mut rest, '[')?;
            let x = number(&mut rest)?;
            expect(&mut rest, ',')?;
            let y = number(&mut rest)?;
            expect(&mut rest, ']')?;
            vertices.push([x, y]);
            if expect(&mut rest, ',').is_err() {
                break;
            }
        }
        expect(&mut rest, ']')?;
        if !rest.is_empty() {
            return Err(found(rest));
        }
        Self::new(&vertices)
    }
}

fn expect(rest: &mut &str, token: char) -> Result<(), PolygonError> {
    *rest = rest
        .strip_prefix(token)
        .ok_or_else(|| found(rest))?
        .trim_start();
    Ok(())
}

fn number(rest: &mut &str) -> Result<f64, PolygonError> {
    let end = rest.find([',', ']']).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    let value = digits.trim_end().parse().map_err(|_| found(rest))?;
    *rest = after;
    Ok(value)
}

fn found(rest: &str) -> PolygonError {
    let shown: String = rest.chars().take(FOUND_MAX).collect();
    PolygonError::Text {
        found: format!("{shown:?}"),
    }
}

impl Serialize for Polygon {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.vertices().iter().map(|vertex| [vertex.x, vertex.y]))
    }
}

impl<'de> Deserialize<'de> for Polygon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Polygon;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("vertices as [[x, y], ...]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Polygon, A::Error> {
        let vertices = Vec::<[f64; 2]>::deserialize(SeqAccessDeserializer::new(list))?;
        Polygon::new(&vertices).map_err(A::Error::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Polygon, E> {
        text.parse().map_err(E::custom)
    }
}
