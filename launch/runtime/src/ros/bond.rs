//! Heartbeats for Nav2's lifecycle manager, as defined by the package `bond`.

use std::time::{Duration, Instant};

use perception::Stamp;
use r2r::{Node, PublisherUntyped, QosProfile};
use recordings::messages::Header;

use super::NodeError;
use super::topics::say;
use crate::node::messages::BondStatus;

/// Time without heartbeats after which the other side breaks the bond, as in Nav2, s.
const TIMEOUT_S: f32 = 4.0;

/// This node's side of the bond.
pub(super) struct Bond {
    publisher: PublisherUntyped,
    node: String,
    /// Identifier of this run of the node.
    instance: String,
    period: Option<Duration>,
    said: Option<Instant>,
}

impl Bond {
    pub(super) fn new(node: &mut Node) -> Result<Self, NodeError> {
        let kind = "bond/msg/Status";
        let publisher =
            node.create_publisher_untyped("bond", kind, QosProfile::default().keep_last(100))?;
        Ok(Self {
            publisher,
            node: node.name()?,
            instance: String::new(),
            period: None,
            said: None,
        })
    }

    /// Forms a bond with a heartbeat period, s; 0 for none.
    pub(super) fn form(&mut self, period_s: f64) {
        let now = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or_default();
        self.instance = format!("{}-{}", std::process::id(), now.as_nanos());
        self.period = (period_s > 0.0).then(|| Duration::from_secs_f64(period_s));
        self.said = None;
    }

    /// Sends a heartbeat when due, or breaks the bond of an inactive node.
    pub(super) fn beat(&mut self, now: Stamp, is_active: bool) {
        let Some(period) = self.period else {
            return;
        };
        if is_active && self.said.is_some_and(|said| said.elapsed() < period) {
            return;
        }
        self.said = Some(Instant::now());
        let status = BondStatus {
            header: Header {
                stamp: now.into(),
                frame_id: String::new(),
            },
            id: self.node.clone(),
            instance_id: self.instance.clone(),
            active: is_active,
            heartbeat_timeout: TIMEOUT_S,
            heartbeat_period: period.as_secs_f32(),
        };
        say(&self.publisher, &status);
        if !is_active {
            self.period = None;
        }
    }
}
