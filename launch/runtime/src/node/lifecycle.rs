//! The states of a managed node (<https://design.ros2.org/articles/node_lifecycle.html>).

/// State of a managed node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Without a controller.
    Unconfigured,
    /// With an idle controller.
    Inactive,
    /// Driving.
    Active,
    /// Ended.
    Finalized,
}

/// Transition between states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Creates a controller.
    Configure,
    /// Drops it.
    Cleanup,
    /// Starts it.
    Activate,
    /// Stops it.
    Deactivate,
    /// Ends the node from any state.
    Shutdown,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [
        Self::Unconfigured,
        Self::Inactive,
        Self::Active,
        Self::Finalized,
    ];

    /// Number in `lifecycle_msgs/State`.
    pub fn id(self) -> u8 {
        self as u8 + 1
    }

    /// Name in `lifecycle_msgs/State`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unconfigured => "unconfigured",
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Finalized => "finalized",
        }
    }

    /// Transitions from this state.
    pub fn transitions(self) -> &'static [Transition] {
        match self {
            Self::Unconfigured => &[Transition::Configure, Transition::Shutdown],
            Self::Inactive => &[
                Transition::Cleanup,
                Transition::Activate,
                Transition::Shutdown,
            ],
            Self::Active => &[Transition::Deactivate, Transition::Shutdown],
            Self::Finalized => &[],
        }
    }

    /// The transition of a request, by its number or, if that is 0, by its label.
    pub fn asked(self, id: u8, label: &str) -> Option<Transition> {
        self.transitions().iter().copied().find(|transition| {
            if id == 0 && !label.is_empty() {
                transition.label() == label
            } else {
                transition.id(self) == id
            }
        })
    }
}

impl Transition {
    /// Number in `lifecycle_msgs/Transition`; a shutdown has one for each state.
    pub fn id(self, from: State) -> u8 {
        match self {
            Self::Configure => 1,
            Self::Cleanup => 2,
            Self::Activate => 3,
            Self::Deactivate => 4,
            Self::Shutdown => 4 + from.id(),
        }
    }

    /// Name in `lifecycle_msgs/Transition`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Cleanup => "cleanup",
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::Shutdown => "shutdown",
        }
    }

    /// State after success.
    pub fn target(self) -> State {
        match self {
            Self::Configure | Self::Deactivate => State::Inactive,
            Self::Cleanup => State::Unconfigured,
            Self::Activate => State::Active,
            Self::Shutdown => State::Finalized,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_messages() {
        let asked = |state: State, id| state.asked(id, "");
        assert_eq!(State::Active.id(), 3);
        assert_eq!(asked(State::Unconfigured, 1), Some(Transition::Configure));
        assert_eq!(asked(State::Unconfigured, 3), None);
        assert_eq!(asked(State::Unconfigured, 5), Some(Transition::Shutdown));
        assert_eq!(asked(State::Inactive, 6), Some(Transition::Shutdown));
        assert_eq!(asked(State::Active, 7), Some(Transition::Shutdown));
        assert_eq!(asked(State::Active, 4), Some(Transition::Deactivate));
        assert_eq!(
            State::Inactive.asked(0, "cleanup"),
            Some(Transition::Cleanup)
        );
        assert_eq!(State::Finalized.transitions(), []);
        for state in State::ALL {
            for transition in state.transitions() {
                assert_ne!(transition.target(), state);
            }
        }
    }
}
