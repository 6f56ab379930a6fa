//! A thread that is not kept waiting by what is not in real time.

use thread_priority::{
    Error, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Among others in real time; that of Nav2's controller server.
const PRIORITY: u8 = 49;

/// Why a thread has to wait like others.
#[derive(Debug, thiserror::Error)]
#[error(
    "use_realtime_priority: no priority {PRIORITY} ({0}); expected the right to it, \
     by rtprio in limits.conf or CAP_SYS_NICE"
)]
pub(crate) struct PriorityError(Error);

/// Lets the calling thread run before all that is not in real time.
pub(super) fn raise() -> Result<(), PriorityError> {
    let value = ThreadPriorityValue::try_from(PRIORITY)
        .map_err(|_| PriorityError(Error::Priority("out of range")))?;
    set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Crossplatform(value),
        ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo),
    )
    .map_err(PriorityError)
}

/// Whether a thread may be raised, tried on one of its own.
pub(super) fn ensure_permitted() -> Result<(), super::NodeError> {
    let tried = std::thread::Builder::new().spawn(raise)?.join();
    Ok(tried.map_err(|_| super::NodeError::Loop)??)
}
