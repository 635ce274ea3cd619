//! What the machine asks other members.

use std::fmt;

use ackord_proto::peer::{
    ChangeRequest, ChangeResponse, ConfirmRequest, ConfirmResponse, HelloRequest, HelloResponse,
    InviteRequest,
};
use ackord_raft::{Alone, LinkError};
use futures::future::{self, BoxFuture, FutureExt};

/// Questions to other members. Each gives up by itself when the other side cannot be reached, but
/// waits for an answer as long as that takes.
pub trait Asks: fmt::Debug + Send + Sync + 'static {
    /// Asks whoever listens at `address` who it is, taking it for `node`.
    fn hello(
        &self,
        node: u64,
        address: &str,
        request: HelloRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>>;

    /// Asks `node`, which leads, how far everything is that is decided.
    fn confirm(
        &self,
        node: u64,
        address: &str,
        request: ConfirmRequest,
    ) -> BoxFuture<'static, Result<ConfirmResponse, LinkError>>;

    /// Asks `node`, which leads, to change the members.
    fn change(
        &self,
        node: u64,
        address: &str,
        request: ChangeRequest,
    ) -> BoxFuture<'static, Result<ChangeResponse, LinkError>>;

    /// Asks whoever listens at `address` who it is; one that belongs to no cluster hears whom it
    /// may ask to join.
    fn invite(
        &self,
        address: &str,
        request: InviteRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>>;
}

impl Asks for Alone {
    fn hello(
        &self,
        _: u64,
        _: &str,
        _: HelloRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>> {
        nobody()
    }

    fn confirm(
        &self,
        _: u64,
        _: &str,
        _: ConfirmRequest,
    ) -> BoxFuture<'static, Result<ConfirmResponse, LinkError>> {
        nobody()
    }

    fn change(
        &self,
        _: u64,
        _: &str,
        _: ChangeRequest,
    ) -> BoxFuture<'static, Result<ChangeResponse, LinkError>> {
        nobody()
    }

    fn invite(
        &self,
        _: &str,
        _: InviteRequest,
    ) -> BoxFuture<'static, Result<HelloResponse, LinkError>> {
        nobody()
    }
}

fn nobody<T: Send + 'static>() -> BoxFuture<'static, Result<T, LinkError>> {
    let error = LinkError::Unreachable("this node has no peers".to_owned());
    future::ready(Err(error)).boxed()
}
