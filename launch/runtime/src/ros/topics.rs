//! Topics: subscriptions into mailboxes, and publications of the control loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::executor::LocalSpawner;
use futures::stream::{Stream, StreamExt as _};
use futures::task::LocalSpawnExt as _;
use perception::{Footprint, Stamp, Twist};
use r2r::{Node, PublisherUntyped, QosProfile};
use recordings::cdr;
use recordings::messages::{RosTwist, Time};
use serde::Serialize;

use super::NodeError;
use super::clock::RosClock;
use crate::RobotConfig;
use crate::node::messages::DiagnosticArray;
use crate::node::{
    Mailboxes, NodeClock as _, Outlet, Pilot, Source, Tick, costmap, costmap_raw, learned_markers,
    local_plan, outline, twist_stamped,
};

/// Subscribed topics by source.
pub(super) fn inputs(config: &RobotConfig) -> Vec<(Source, String)> {
    let mut topics: Vec<(Source, String)> = [
        (Source::EmergencyStop, "emergency_stop"),
        (Source::ProtectiveField, "protective_field"),
        (Source::StopReset, "reset_stop"),
        (Source::FixedTransforms, "/tf_static"),
        (Source::Transforms, "/tf"),
        (Source::Odometry, "odom"),
        (Source::SpeedLimit, "speed_limit"),
        (Source::Plan, "plan"),
        (Source::GoalPose, "goal_pose"),
        (Source::Scan, "scan"),
    ]
    .map(|(source, topic)| (source, topic.to_owned()))
    .to_vec();
    if config.controller.mapper.volume.enabled {
        topics.push((Source::Points, "points".to_owned()));
    }
    for (place, name) in config.node.depth_cameras.iter().enumerate() {
        topics.push((Source::CameraInfo(place), format!("{name}/camera_info")));
        topics.push((Source::Depth(place), format!("{name}/image_raw")));
    }
    topics
}

/// Quality of service that Nav2 expects of publishers of such messages.
fn qos(source: &Source) -> QosProfile {
    match source {
        Source::FixedTransforms => QosProfile::default().keep_last(100).transient_local(),
        Source::Transforms => QosProfile::default().keep_last(100),
        Source::Odometry => QosProfile::sensor_data().keep_last(50),
        Source::Scan | Source::Points | Source::Depth(_) => QosProfile::sensor_data().keep_last(2),
        Source::CameraInfo(_) => QosProfile::sensor_data(),
        Source::SpeedLimit
        | Source::Plan
        | Source::GoalPose
        | Source::EmergencyStop
        | Source::ProtectiveField
        | Source::StopReset => QosProfile::default(),
    }
}

/// Subscribes to all topics of the mailboxes.
pub(super) fn subscribe(
    node: &mut Node,
    spawner: &LocalSpawner,
    mailboxes: &Arc<Mailboxes>,
    clock: &RosClock,
) -> Result<(), NodeError> {
    for (place, mailbox) in mailboxes.boxes().iter().enumerate() {
        let source = mailbox.source();
        let kind = source.definition().name;
        let messages = node.subscribe_raw(mailbox.topic(), kind, qos(source))?;
        let (mailboxes, clock) = (Arc::clone(mailboxes), clock.clone());
        spawner.spawn_local(messages.for_each(move |bytes| {
            mailboxes.boxes()[place].put(clock.now(), bytes);
            futures::future::ready(())
        }))?;
    }
    Ok(())
}

/// Subscribes to simulated time.
pub(super) fn hear_time(
    node: &mut Node,
    spawner: &LocalSpawner,
    time: Arc<AtomicI64>,
) -> Result<(), NodeError> {
    let qos = QosProfile::sensor_data().keep_last(1);
    let messages = node.subscribe_raw("/clock", "rosgraph_msgs/msg/Clock", qos)?;
    Ok(spawner.spawn_local(stamps(messages).for_each(move |stamp| {
        time.store(stamp.0, Ordering::Relaxed);
        futures::future::ready(())
    }))?)
}

fn stamps(messages: impl Stream<Item = Vec<u8>>) -> impl Stream<Item = Stamp> {
    messages.filter_map(|bytes| {
        let time = cdr::decode::<Time>("/clock", 0, &bytes);
        futures::future::ready(time.ok().map(Stamp::from))
    })
}

/// Publishers of the node.
#[derive(Debug, Clone)]
pub(super) struct Publications {
    command: PublisherUntyped,
    is_stamped: bool,
    local_plan: PublisherUntyped,
    costmap: PublisherUntyped,
    costmap_raw: PublisherUntyped,
    outline: PublisherUntyped,
    learned: PublisherUntyped,
    diagnostics: PublisherUntyped,
    /// Name of the node, for diagnostics of several robots.
    name: String,
    footprint: Footprint,
    base_frame: String,
    odom_frame: String,
    horizon: usize,
    dt_s: f64,
    view_period_s: f64,
    viewed: Option<Stamp>,
}

impl Publications {
    pub(super) fn new(node: &mut Node, config: &RobotConfig) -> Result<Self, NodeError> {
        let is_stamped = config.node.enable_stamped_cmd_vel;
        let twist = if is_stamped {
            "geometry_msgs/msg/TwistStamped"
        } else {
            "geometry_msgs/msg/Twist"
        };
        let usual = QosProfile::default;
        let latched = || QosProfile::default().keep_last(1).transient_local();
        let grid = "nav_msgs/msg/OccupancyGrid";
        let markers = "visualization_msgs/msg/MarkerArray";
        let report = "diagnostic_msgs/msg/DiagnosticArray";
        Ok(Self {
            command: node.create_publisher_untyped("cmd_vel", twist, usual().keep_last(1))?,
            is_stamped,
            local_plan: node.create_publisher_untyped(
                "local_plan",
                "nav_msgs/msg/Path",
                usual(),
            )?,
            costmap: node.create_publisher_untyped("local_costmap/costmap", grid, latched())?,
            costmap_raw: node.create_publisher_untyped(
                "local_costmap/costmap_raw",
                "nav2_msgs/msg/Costmap",
                latched(),
            )?,
            outline: node.create_publisher_untyped(
                "local_costmap/published_footprint",
                "geometry_msgs/msg/PolygonStamped",
                usual(),
            )?,
            learned: node.create_publisher_untyped("learned_cost", markers, usual())?,
            diagnostics: node.create_publisher_untyped("/diagnostics", report, usual())?,
            name: node.fully_qualified_name()?,
            footprint: config.controller.footprint,
            base_frame: config.node.base_frame.clone(),
            odom_frame: config.node.odom_frame.clone(),
            horizon: config.controller.mpc.horizon,
            dt_s: config.controller.mpc.dt_s,
            view_period_s: config.node.view_period_s,
            viewed: None,
        })
    }

    /// Changes the settings; the type of commands stays.
    pub(super) fn adjust(&mut self, config: &RobotConfig) {
        self.base_frame.clone_from(&config.node.base_frame);
        self.odom_frame.clone_from(&config.node.odom_frame);
        self.footprint = config.controller.footprint;
        self.horizon = config.controller.mpc.horizon;
        self.dt_s = config.controller.mpc.dt_s;
        self.view_period_s = config.node.view_period_s;
    }
}

impl Outlet for Publications {
    fn command(&mut self, stamp: Stamp, command: Twist) {
        if self.is_stamped {
            say(
                &self.command,
                &twist_stamped(stamp, &self.base_frame, command),
            );
        } else {
            say(&self.command, &RosTwist::from(command));
        }
    }

    fn show(&mut self, tick: &Tick, pilot: &Pilot) {
        let (now, action) = (tick.stamp, pilot.action());
        if tick.command.is_some() && is_heard(&self.local_plan) {
            say(&self.local_plan, &local_plan(now, &self.odom_frame, action));
        }
        let is_due = |then: Stamp| now.secs_since(then) >= self.view_period_s || now < then;
        if !self.viewed.is_none_or(is_due) {
            return;
        }
        self.viewed = Some(now);
        let (snapshot, frame) = (pilot.snapshot(), &self.odom_frame);
        if snapshot.scan_stamp.is_some() {
            if is_heard(&self.costmap) {
                say(&self.costmap, &costmap(now, frame, &snapshot.grid));
            }
            if is_heard(&self.costmap_raw) {
                say(&self.costmap_raw, &costmap_raw(now, frame, &snapshot.grid));
            }
            if is_heard(&self.outline) {
                let outline = outline(now, frame, &self.footprint, snapshot.odom_from_base);
                say(&self.outline, &outline);
            }
        }
        if is_heard(&self.learned) {
            let learned = pilot.learned().filter(|_| pilot.is_driving());
            let markers = learned_markers(now, &self.odom_frame, learned, self.horizon, self.dt_s);
            say(&self.learned, &markers);
        }
    }

    fn diagnose(&mut self, diagnosis: &DiagnosticArray) {
        let mut diagnosis = diagnosis.clone();
        for status in &mut diagnosis.status {
            status.hardware_id.clone_from(&self.name);
        }
        say(&self.diagnostics, &diagnosis);
    }
}

fn is_heard(publisher: &PublisherUntyped) -> bool {
    publisher
        .get_inter_process_subscription_count()
        .unwrap_or(0)
        > 0
}

/// Publishes a message. It fails only while the node shuts down, which is ignored.
pub(super) fn say<T: Serialize>(publisher: &PublisherUntyped, message: &T) {
    let said = cdr::encode(message).map(|bytes| publisher.publish_raw(&bytes));
    if !matches!(said, Ok(Ok(()))) {
        tracing::debug!("a message was not published");
    }
}
