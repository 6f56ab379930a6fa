//! A thread that is not kept waiting by what is not in real time.

use thread_priority::{
    Error, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Of the control loop among others in real time; that of Nav2's controller server.
pub(super) const CONTROL: u8 = 49;
/// Of its watchdog: a loop that spins does not keep it waiting.
pub(super) const WATCHDOG: u8 = 50;

/// Why a thread has to wait like others.
#[derive(Debug, thiserror::Error)]
#[error(
    "use_realtime_priority: no priority {0} ({1}); expected the right to it, \
     by rtprio in limits.conf or CAP_SYS_NICE"
)]
pub(crate) struct PriorityError(u8, Error);

/// Lets the calling thread run before all that is not in real time.
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

/// Whether a thread may be raised, tried on one of its own.
pub(super) fn ensure_permitted() -> Result<(), super::NodeError> {
    let tried = std::thread::Builder::new()
        .spawn(|| raise(WATCHDOG))?
        .join();
    Ok(tried.map_err(|_| super::NodeError::Loop)??)
}
