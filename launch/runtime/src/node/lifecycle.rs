//! The states of a managed node (<https://design.ros2.org/articles/node_lifecycle.html>).

/// Where a managed node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has no controller.
    Unconfigured,
    /// It has a controller that does nothing.
    Inactive,
    /// It drives.
    Active,
    /// It is done with.
    Finalized,
}

/// From a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Makes a controller.
    Configure,
    /// Drops it.
    Cleanup,
    /// Starts it.
    Activate,
    /// Stops it.
    Deactivate,
    /// Ends the node's life, from wherever it is.
    Shutdown,
}

impl State {
    /// All of them.
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

    /// Transitions that lead on from here.
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

    /// The transition that a request names, by its number or, where that is 0, by its label.
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

    /// Where it leads when it succeeds.
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
