//! Selection of topics of a recording; `map` and `replay` select alike.

use recordings::definitions::{LASER_SCAN, ODOMETRY, TF_MESSAGE};
use recordings::{BagReader, RecordingError, Topic};

/// Criteria of a topic.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Message type.
    pub kind: &'static str,
    /// Default topic, if there are several.
    pub usual: &'static str,
    /// Requested topic.
    pub asked: Option<&'a str>,
    /// Option that requests a topic.
    pub option: &'static str,
    /// The option that takes poses from transforms in its place.
    pub transforms: Option<&'static str>,
    /// A topic of the same robot: of several, the only one in its namespace is taken.
    pub beside: Option<&'a str>,
}

/// Reasons why no topic was selected.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// No topic has this type.
    #[error("{found}; expected {expected}")]
    Missing {
        /// Topics found.
        found: String,
        /// Type expected, and a remedy.
        expected: String,
    },
    /// Several topics have this type.
    #[error(
        "several topics of type {kind}: {topics}; expected one of them by option: choose it with {option}"
    )]
    Several {
        /// The type.
        kind: &'static str,
        /// Their names.
        topics: String,
        /// Option that selects one.
        option: &'static str,
    },
    /// The requested topic has another type.
    #[error(transparent)]
    Kind(#[from] RecordingError),
}

impl<'a> Wanted<'a> {
    /// Planar scans.
    pub fn scan(asked: Option<&'a str>, option: &'static str) -> Self {
        Self {
            kind: LASER_SCAN.name,
            usual: "/scan",
            asked,
            option,
            transforms: None,
            beside: None,
        }
    }

    /// Odometry of the robot of these scans.
    pub fn odometry(asked: Option<&'a str>, option: &'static str, scan: &'a str) -> Self {
        Self {
            kind: ODOMETRY.name,
            usual: "/odom",
            asked,
            option,
            transforms: None,
            beside: Some(scan),
        }
    }

    /// The requested topic, the only one of its type, or the default one of several.
    pub fn choose(&self, bag: &dyn BagReader) -> Result<String, TopicError> {
        let kind = self.kind;
        let filled = || bag.topics().iter().filter(|topic| topic.count > 0);
        let fitting: Vec<&str> = filled()
            .filter(|topic| topic.kind == kind)
            .map(|topic| topic.name.as_str())
            .collect();
        let chosen = match (self.asked, fitting.as_slice()) {
            (Some(asked), _) => asked,
            (None, [only]) => only,
            (None, several) if several.contains(&self.usual) => self.usual,
            (None, []) => return Err(self.missing(bag)),
            (None, several) => {
                let beside = self.beside.unwrap_or_default();
                let near = |name: &&&str| !space(name).is_empty() && is_within(name, beside);
                let mut near = several.iter().filter(near);
                if let (Some(only), None) = (near.next(), near.next()) {
                    return Ok((*only).to_owned());
                }
                return Err(TopicError::Several {
                    kind,
                    topics: several.join(", "),
                    option: self.option,
                });
            }
        };
        let Some(topic) = filled().find(|topic| topic.name == chosen) else {
            return Err(TopicError::Missing {
                found: format!("no message on {chosen}; {}", listed(bag)),
                expected: format!(
                    "messages of type {kind} on it; {} chooses another topic",
                    self.option
                ),
            });
        };
        topic.expect(&[kind])?;
        Ok(chosen.to_owned())
    }

    fn missing(&self, bag: &dyn BagReader) -> TopicError {
        let mut expected = format!("one of type {}", self.kind);
        let filled = || bag.topics().iter().filter(|topic| topic.count > 0);
        let is_ros1 = |topic: &&std::sync::Arc<Topic>| {
            topic.encoding.starts_with("ros1") || topic.kind == self.kind.replace("/msg/", "/")
        };
        if filled().any(|topic| is_ros1(&topic)) {
            expected.push_str(
                " in CDR, as ROS 2 records it: these are messages of ROS 1; convert the bag that they \
                 come from with `rosbags-convert --src FILE.bag --dst DIRECTORY` (pip install rosbags)",
            );
        } else if let Some(topic) =
            filled().find(|topic| topic.encoding == "json" || topic.encoding == "protobuf")
        {
            expected.push_str(&format!(
                " in CDR, as ROS 2 records it: these are messages in {}; read them with the Python package \
                 `mcap` and write them with `rosbags` (pip install mcap rosbags)",
                topic.encoding
            ));
        } else if self.kind == ODOMETRY.name && filled().any(|topic| topic.kind == TF_MESSAGE.name)
        {
            expected.push_str(&match self.transforms {
                Some(option) => format!("; {option} takes poses from transforms"),
                None => "; transforms have no velocity and do not replace it".to_owned(),
            });
        }
        TopicError::Missing {
            found: listed(bag),
            expected,
        }
    }
}

/// All topics with messages, for errors.
fn listed(bag: &dyn BagReader) -> String {
    let filled = bag.topics().iter().filter(|topic| topic.count > 0);
    let all: Vec<String> = filled
        .map(
            |topic| match (topic.encoding.as_str(), topic.kind.as_str()) {
                ("cdr", kind) => format!("{} ({kind})", topic.name),
                (encoding, "") => format!("{} (of no type, {encoding:?})", topic.name),
                (encoding, kind) => format!("{} ({kind}, {encoding})", topic.name),
            },
        )
        .collect();
    match all.as_slice() {
        [] => "no message on any topic".to_owned(),
        all => format!("topics are {}", all.join(", ")),
    }
}

/// Topics of transforms, and whether they are static: those in the namespace of a topic, or all if
/// it has no static ones.
pub fn transforms(bag: &dyn BagReader, of: &str) -> Vec<(String, bool)> {
    let all: Vec<&str> = bag
        .topics()
        .iter()
        .filter(|topic| topic.kind == TF_MESSAGE.name && topic.count > 0)
        .map(|topic| topic.name.as_str())
        .collect();
    let near: Vec<&str> = all
        .iter()
        .copied()
        .filter(|name| is_within(name, of))
        .collect();
    let is_fixed = |name: &&str| name.ends_with("tf_static");
    let lacks_fixed = all.iter().any(is_fixed) && !near.iter().any(is_fixed);
    let used = if near.is_empty() || lacks_fixed {
        all
    } else {
        near
    };
    used.into_iter()
        .map(|name| (name.to_owned(), is_fixed(&name)))
        .collect()
}

/// The namespace of a topic, without the slash at its end.
fn space(topic: &str) -> &str {
    topic.rsplit_once('/').map_or("", |(space, _)| space)
}

/// True if a topic lies in the namespace of another, or in an enclosing one.
fn is_within(topic: &str, of: &str) -> bool {
    let rest = of.strip_prefix(space(topic));
    rest.is_some_and(|rest| rest.starts_with('/'))
}
