//! The network as it is, but for the ways of the group's own messages.

use std::fmt;
use std::sync::Arc;

use ackord_machine::{Asks, Failures, Forwards, Link, LinkError, Network, Peers};
use ackord_peer::Links;
use ackord_proto::peer::{
    ChangeRequest, ChangeResponse, ConfirmRequest, ConfirmResponse, ForwardRequest, HelloRequest,
    HelloResponse, InviteRequest,
};
use futures::future::BoxFuture;
use futures::stream::BoxStream;

type Wrap = dyn Fn(Arc<dyn Link>) -> Arc<dyn Link> + Send + Sync;
type Answer<T> = BoxFuture<'static, Result<T, LinkError>>;

/// See the module.
pub(crate) struct Through {
    links: Links,
    wrap: Box<Wrap>,
}

impl Through {
    /// What `wrap` makes of each way is used in its place.
    pub(crate) fn wrapped(
        links: Links,
        wrap: impl Fn(Arc<dyn Link>) -> Arc<dyn Link> + Send + Sync + 'static,
    ) -> Arc<dyn Peers> {
        let wrap = Box::new(wrap);
        Arc::new(Self { links, wrap })
    }
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Through").finish_non_exhaustive()
    }
}

impl Network for Through {
    fn link(&self, node: u64, address: &str) -> Arc<dyn Link> {
        (self.wrap)(self.links.link(node, address))
    }
}

impl Forwards for Through {
    fn forward(
        &self,
        node: u64,
        address: &str,
        requests: BoxStream<'static, ForwardRequest>,
    ) -> Answer<Failures> {
        self.links.forward(node, address, requests)
    }
}

impl Asks for Through {
    fn hello(&self, node: u64, address: &str, request: HelloRequest) -> Answer<HelloResponse> {
        self.links.hello(node, address, request)
    }

    fn confirm(
        &self,
        node: u64,
        address: &str,
        request: ConfirmRequest,
    ) -> Answer<ConfirmResponse> {
        self.links.confirm(node, address, request)
    }

    fn change(&self, node: u64, address: &str, request: ChangeRequest) -> Answer<ChangeResponse> {
        self.links.change(node, address, request)
    }

    fn invite(&self, address: &str, request: InviteRequest) -> Answer<HelloResponse> {
        self.links.invite(address, request)
    }
}
