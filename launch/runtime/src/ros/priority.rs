//! Real-time priority of threads.

use thread_priority::{
    Error, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Priority of the control loop, as of Nav2's controller server.
pub(super) const CONTROL: u8 = 49;
/// Priority of its watchdog: above the loop, so that a busy loop does not block it.
pub(super) const WATCHDOG: u8 = 50;

/// Reason why the priority is not available.
#[derive(Debug, thiserror::Error)]
#[error(
    "use_realtime_priority: no priority {0} ({1}); expected the right to it, \
     by rtprio in limits.conf or CAP_SYS_NICE"
)]
pub(crate) struct PriorityError(u8, Error);

/// Gives the calling thread real-time priority.
pub(super) fn raise(priority: u8) -> Result<(), PriorityError> {
    let value = ThreadPriorityValue::try_from(priority)
        .map_err(|_| PriorityError(priority, Error::Priority("out of range")))?;
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(value),
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
    .map_err(|error| PriorityError(priority, error))
}

/// Tests on a separate thread whether the priority is permitted.
pub(super) fn ensure_permitted() -> Result<(), super::NodeError> {
    let tried = std::thread::Builder::new()
        .spawn(|| raise(WATCHDOG))?
        .join();
    Ok(tried.map_err(|_| super::NodeError::Loop)??)
}
