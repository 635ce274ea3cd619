//! Who a caller says that it is must be who its certificate says.

use ackord_tls::Caller;
use tonic::Request;

/// Whether a call may come from who is reached at `address`, which is `host:port`. In plain text
/// nobody has a certificate, and everybody is believed: whoever reaches the port is trusted then.
pub(crate) fn may_be_at<T>(request: &Request<T>, address: &str) -> bool {
    let caller = request.extensions().get::<Caller>();
    caller.is_none_or(|it| it.may_be_at(address))
}
