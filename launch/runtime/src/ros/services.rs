//! Services of the node, answered immediately or later, on the ROS thread.

use futures::executor::LocalSpawner;
use futures::future::ready;
use futures::stream::StreamExt as _;
use futures::task::LocalSpawnExt as _;
use r2r::{Node, QosProfile, ServiceRequest, WrappedServiceTypeSupport};

use super::NodeError;

/// Services of one node with a common quality of service.
pub(super) struct Services<'a> {
    pub node: &'a mut Node,
    pub spawner: &'a LocalSpawner,
    pub qos: QosProfile,
}

impl Services<'_> {
    /// Answers every request with the result of `respond`.
    pub(super) fn serve<S: WrappedServiceTypeSupport + 'static>(
        &mut self,
        name: &str,
        mut respond: impl FnMut(&S::Request) -> S::Response + 'static,
    ) -> Result<(), NodeError> {
        self.receive::<S>(name, move |request| {
            let response = respond(&request.message);
            answer(request, response);
        })
    }

    /// Passes every request to `take`, which answers later.
    pub(super) fn receive<S: WrappedServiceTypeSupport + 'static>(
        &mut self,
        name: &str,
        mut take: impl FnMut(ServiceRequest<S>) + 'static,
    ) -> Result<(), NodeError> {
        let asked = self.node.create_service::<S>(name, self.qos.clone())?;
        self.spawner.spawn_local(asked.for_each(move |request| {
            take(request);
            ready(())
        }))?;
        Ok(())
    }
}

/// Answers a request. The client may no longer exist.
pub(super) fn answer<S: WrappedServiceTypeSupport + 'static>(
    request: ServiceRequest<S>,
    response: S::Response,
) {
    if request.respond(response).is_err() {
        tracing::debug!("a request was not answered");
    }
}
