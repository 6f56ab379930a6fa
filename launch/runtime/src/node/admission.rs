//! Selection of the messages of a recording that the node accepts. `map` uses only these, so that
//! it accepts, rejects and counts the same messages as `replay` and the node.
//!
//! ```text
//! RawInput ─▶ Intake ─▶ Waiting ─▶ Mapper of a small window, which checks times
//! ```

use perception::{
    Mapper, MapperSettings, MotionSettings, Odometry, SensorEvent, SettingsError, Stamp, Stamped,
    TrackingSettings, VolumeSettings,
};

use super::fault::MessageFault;
use super::intake::{Given, Intake, Said};
use super::mailbox::RawInput;
use super::waiting::Waiting;

/// Filter of messages in the order of recording.
#[derive(Debug)]
pub struct Admission {
    intake: Intake,
    waiting: Waiting,
    times: Mapper,
}

/// Result of a message, and of those that waited for it.
#[derive(Debug, Default)]
pub struct Admitted {
    /// The message, if it is accepted odometry.
    pub odometry: Option<Stamped<Odometry>>,
    /// Rejected messages by their numbers.
    pub refused: Vec<(u64, MessageFault)>,
}

impl Admission {
    /// A filter before its first message; `given` overrides the content of messages.
    pub fn new(base_frame: &str, odom_frame: &str, given: Given) -> Result<Self, SettingsError> {
        let usual = MapperSettings::default();
        // its map is not used
        let times = MapperSettings {
            size_m: 64.0 * usual.resolution_m,
            field_size_m: 4.0 * usual.resolution_m,
            range_m: 0.1,
            volume: VolumeSettings {
                enabled: false,
                ..usual.volume
            },
            motion: MotionSettings {
                enabled: false,
                ..usual.motion
            },
            tracking: TrackingSettings {
                enabled: false,
                ..usual.tracking
            },
            ..usual
        };
        Ok(Self {
            intake: Intake::new(base_frame, odom_frame)?.with(given),
            waiting: Waiting::default(),
            times: Mapper::new(times)?,
        })
    }

    /// Accepts or rejects message `number`, recorded at this time.
    pub fn take(&mut self, number: u64, topic: &str, raw: &RawInput, now: Stamp) -> Admitted {
        let mut admitted = Admitted::default();
        let said = self.intake.read(topic, raw, now);
        let taken = said.and_then(|said| {
            let Said::Event(event) = said else {
                return Ok(());
            };
            if let SensorEvent::Odometry(odometry) = &event.value {
                admitted.odometry = Some(Stamped {
                    stamp: event.stamp,
                    value: *odometry,
                });
            }
            self.waiting.observe(&mut self.times, number, topic, *event)
        });
        if let Err(fault) = taken {
            admitted.odometry = None;
            admitted.refused.push((number, fault));
        }
        admitted.refused.extend(self.waiting.given_up());
        admitted
    }

    /// Ends: rejects the messages that still wait.
    pub fn finish(mut self) -> Vec<(u64, MessageFault)> {
        self.waiting.give_up();
        self.waiting.given_up().collect()
    }
}
