//! Telling tasks to end.

use ackord_grpc::Stop;
use futures::FutureExt;
use tokio::sync::oneshot;

/// Tells all holders of a [`Stop`] to end; so does dropping it.
#[derive(Debug)]
pub(super) struct Stopper(oneshot::Sender<()>);

impl Stopper {
    pub(super) fn stop(self) {
        // Nobody may be left to be told.
        let _ = self.0.send(());
    }
}

/// A word to stop, and the one who gives it.
pub(super) fn pair() -> (Stopper, Stop) {
    let (stopper, stopped) = oneshot::channel();
    (Stopper(stopper), stopped.map(|_| ()).boxed().shared())
}
