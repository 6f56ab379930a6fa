//! Emergency stop and protective field: states of the devices, latching and reset.
//!
//! ```text
//!            message true, or monitored and silent             message false
//!  Clear ───────────────────────────────────────────▶ Pressed ───────────────▶ Latched ──reset──▶ Clear
//!                                                        └── automatic reset ──────────────────────▲
//! ```
//!
//! An emergency stop is always reset by hand (IEC 60204-1, 9.2.3.4.2); a protective field resets by
//! itself unless the settings ask for a reset by hand.

use controller::StopDemand;
use perception::Stamp;

use super::settings::NodeSettings;

/// State of a stop device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopState {
    /// No stop.
    Clear,
    /// Pressed, or the field is occupied.
    Pressed,
    /// Monitored, and its messages are missing: counts as pressed.
    Silent,
    /// Released, and waits for a manual reset.
    Latched,
}

impl StopState {
    /// Name in diagnostics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Pressed => "pressed",
            Self::Silent => "silent, counts as pressed",
            Self::Latched => "released, waits for a reset",
        }
    }
}

/// Rejection of a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {} is {}: release it, then reset", device_name(*device), state.name())]
pub struct StillPressed {
    /// The device.
    pub device: StopDemand,
    /// Its state.
    pub state: StopState,
}

/// Name of a device in diagnostics and errors.
pub fn device_name(device: StopDemand) -> &'static str {
    match device {
        StopDemand::ProtectiveField => "protective field",
        StopDemand::EmergencyStop => "emergency stop",
    }
}

/// One device.
#[derive(Debug, Clone, Copy)]
struct StopInput {
    /// Time without a message after which it counts as pressed, s; 0: not monitored.
    timeout_s: f64,
    is_reset_by_hand: bool,
    is_pressed: bool,
    is_latched: bool,
    heard: Option<Stamp>,
}

impl StopInput {
    fn new(timeout_s: f64, is_reset_by_hand: bool) -> Self {
        Self {
            timeout_s,
            is_reset_by_hand,
            is_pressed: false,
            is_latched: false,
            heard: None,
        }
    }

    fn hear(&mut self, is_pressed: bool, now: Stamp) {
        self.heard = Some(now);
        self.is_pressed = is_pressed;
        self.is_latched |= is_pressed && self.is_reset_by_hand;
    }

    fn is_silent(&self, now: Stamp) -> bool {
        let is_old = |heard: Stamp| now.secs_since(heard).abs() > self.timeout_s;
        self.timeout_s > 0.0 && self.heard.is_none_or(is_old)
    }

    fn state(&self, now: Stamp) -> StopState {
        if self.is_pressed {
            StopState::Pressed
        } else if self.is_silent(now) {
            StopState::Silent
        } else if self.is_latched {
            StopState::Latched
        } else {
            StopState::Clear
        }
    }
}

/// Both devices. They survive a change of the controller and of the clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopInputs {
    emergency: StopInput,
    field: StopInput,
}

impl StopInputs {
    /// Nothing is pressed yet; a monitored device counts as pressed until its first message.
    pub(super) fn new(settings: &NodeSettings) -> Self {
        Self {
            emergency: StopInput::new(settings.emergency_stop_timeout_s, true),
            field: StopInput::new(
                settings.protective_field_timeout_s,
                settings.protective_field_manual_reset,
            ),
        }
    }

    /// Changes the settings.
    pub(super) fn adjust(&mut self, settings: &NodeSettings) {
        self.emergency.timeout_s = settings.emergency_stop_timeout_s;
        self.field.timeout_s = settings.protective_field_timeout_s;
        self.field.is_reset_by_hand = settings.protective_field_manual_reset;
        self.field.is_latched &= settings.protective_field_manual_reset;
    }

    /// Processes a message of a device.
    pub(super) fn hear(&mut self, device: StopDemand, is_pressed: bool, now: Stamp) {
        self.input(device).hear(is_pressed, now);
    }

    /// Forgets the stamps of messages, after the clock was set back.
    pub(super) fn forget_times(&mut self) {
        self.emergency.heard = None;
        self.field.heard = None;
    }

    /// Releases latched stops; rejected while a device is pressed or silent.
    pub(super) fn reset(&mut self, now: Stamp) -> Result<(), StillPressed> {
        for device in [StopDemand::EmergencyStop, StopDemand::ProtectiveField] {
            let state = self.state(device, now);
            if matches!(state, StopState::Pressed | StopState::Silent) {
                return Err(StillPressed { device, state });
            }
        }
        self.emergency.is_latched = false;
        self.field.is_latched = false;
        Ok(())
    }

    /// The stop that is active now. A monitored device that becomes silent latches.
    pub(super) fn demand(&mut self, now: Stamp) -> Option<StopDemand> {
        for input in [&mut self.emergency, &mut self.field] {
            input.is_latched |=
                input.is_reset_by_hand && input.heard.is_some() && input.is_silent(now);
        }
        [StopDemand::EmergencyStop, StopDemand::ProtectiveField]
            .into_iter()
            .find(|&device| self.state(device, now) != StopState::Clear)
    }

    /// State of a device.
    pub(super) fn state(&self, device: StopDemand, now: Stamp) -> StopState {
        match device {
            StopDemand::EmergencyStop => self.emergency.state(now),
            StopDemand::ProtectiveField => self.field.state(now),
        }
    }

    fn input(&mut self, device: StopDemand) -> &mut StopInput {
        match device {
            StopDemand::EmergencyStop => &mut self.emergency,
            StopDemand::ProtectiveField => &mut self.field,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMERGENCY: StopDemand = StopDemand::EmergencyStop;
    const FIELD: StopDemand = StopDemand::ProtectiveField;

    fn inputs(adjust: impl FnOnce(&mut NodeSettings)) -> StopInputs {
        let mut settings = NodeSettings::default();
        adjust(&mut settings);
        StopInputs::new(&settings)
    }

    fn at(seconds: f64) -> Stamp {
        Stamp::from_secs(seconds)
    }

    #[test]
    fn an_emergency_stop_holds_until_it_is_released_and_reset() {
        let mut stops = inputs(|_| ());
        assert_eq!(stops.demand(at(0.0)), None);
        stops.hear(EMERGENCY, true, at(1.0));
        assert_eq!(stops.demand(at(1.0)), Some(EMERGENCY));
        let refused = stops.reset(at(2.0)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the emergency stop is pressed: release it, then reset"
        );
        // pressed and released between two ticks: it is latched nevertheless
        stops.hear(EMERGENCY, true, at(3.0));
        stops.hear(EMERGENCY, false, at(3.0));
        assert_eq!(stops.state(EMERGENCY, at(3.0)), StopState::Latched);
        assert_eq!(stops.demand(at(99.0)), Some(EMERGENCY));
        stops.reset(at(99.0)).unwrap();
        assert_eq!(stops.demand(at(99.0)), None);
    }

    #[test]
    fn a_protective_field_resets_by_itself_unless_by_hand_is_asked_for() {
        let mut stops = inputs(|_| ());
        stops.hear(FIELD, true, at(0.0));
        assert_eq!(stops.demand(at(0.0)), Some(FIELD));
        stops.hear(FIELD, false, at(1.0));
        assert_eq!(stops.demand(at(1.0)), None);
        let mut by_hand = inputs(|settings| settings.protective_field_manual_reset = true);
        by_hand.hear(FIELD, true, at(0.0));
        by_hand.hear(FIELD, false, at(1.0));
        assert_eq!(by_hand.demand(at(1.0)), Some(FIELD));
        by_hand.reset(at(2.0)).unwrap();
        assert_eq!(by_hand.demand(at(2.0)), None);
    }

    #[test]
    fn a_monitored_device_that_is_silent_counts_as_pressed() {
        let mut stops = inputs(|settings| {
            settings.emergency_stop_timeout_s = 0.5;
            settings.protective_field_timeout_s = 0.5;
        });
        assert_eq!(stops.state(EMERGENCY, at(0.0)), StopState::Silent);
        // before the first message nothing is latched: the start needs no reset
        assert_eq!(stops.demand(at(0.0)), Some(EMERGENCY));
        stops.hear(EMERGENCY, false, at(1.0));
        stops.hear(FIELD, false, at(1.0));
        assert_eq!(stops.demand(at(1.4)), None);
        assert_eq!(stops.demand(at(1.6)), Some(EMERGENCY));
        assert!(stops.reset(at(1.6)).is_err());
        // messages return: the emergency stop waits for its reset, the field does not
        stops.hear(EMERGENCY, false, at(2.0));
        stops.hear(FIELD, false, at(2.0));
        assert_eq!(stops.state(EMERGENCY, at(2.0)), StopState::Latched);
        assert_eq!(stops.state(FIELD, at(2.0)), StopState::Clear);
        stops.reset(at(2.0)).unwrap();
        // a clock that is set back makes no message fresh
        stops.forget_times();
        assert_eq!(stops.demand(at(0.0)), Some(EMERGENCY));
        stops.hear(EMERGENCY, false, at(0.0));
        stops.hear(FIELD, false, at(0.0));
        assert_eq!(stops.demand(at(0.1)), None);
    }
}
