//! Certificates are replaced while a node runs: their files are looked at again and again.

use std::error::Error;
use std::time::{Duration, SystemTime};

use ackord_tls::{Renewed, TlsError};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep};

use super::Tls;

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A certificate that ends sooner should be another one by now.
const ENDS_SOON: Duration = Duration::from_secs(14 * 24 * 3600);
/// Between two words about that.
const TELL_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Looks at the files of [`Tls`] until it is dropped.
#[derive(Debug)]
pub(super) struct Renewal(JoinHandle<()>);

impl Renewal {
    pub(super) fn begin(tls: Tls) -> Self {
        Self(tokio::spawn(renew(tls)))
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn renew(tls: Tls) {
    let mut told = None;
    loop {
        if told.is_none_or(|it: Instant| it.elapsed() > TELL_EVERY) && tell_end(&tls) {
            told = Some(Instant::now());
        }
        sleep(LOOK_EVERY).await;
        let files = tls.clone();
        // A panic there ends no more than this task: connections go on with what they have.
        let Ok(looks) = spawn_blocking(move || look(&files)).await else {
            tracing::error!("certificates are not looked at any more");
            return;
        };
        let renewed = looks.map(|(section, look)| tell(section, look));
        if renewed.contains(&true) {
            told = None;
        }
    }
}

type Look = Option<Result<Renewed, TlsError>>;

fn look(tls: &Tls) -> [(&'static str, Look); 3] {
    let server = |it: &Option<ackord_tls::Server>| it.as_ref().map(ackord_tls::Server::renew);
    let peers = tls.peers.as_ref().map(ackord_tls::Mutual::renew);
    [
        ("tls", server(&tls.api)),
        ("http.tls", server(&tls.http)),
        ("cluster.tls", peers),
    ]
}

/// Says what a look has found, if it is news. Answers whether there is a new certificate.
fn tell(section: &str, look: Look) -> bool {
    match look {
        None | Some(Ok(Renewed::Same)) => false,
        Some(Ok(Renewed::Changed)) => {
            tracing::info!(section, "new certificates are in use");
            true
        }
        Some(Err(error)) => {
            let error = &error as &dyn Error;
            tracing::error!(
                section,
                error,
                "new certificates are no good: the old ones stay"
            );
            false
        }
    }
}

/// Warns of certificates that end soon. Answers whether there are any.
fn tell_end(tls: &Tls) -> bool {
    let server = |it: &Option<ackord_tls::Server>| it.as_ref().and_then(ackord_tls::Server::end);
    let peers = tls.peers.as_ref().and_then(ackord_tls::Mutual::end);
    let mut any = false;
    let ends = [
        ("tls", server(&tls.api)),
        ("http.tls", server(&tls.http)),
        ("cluster.tls", peers),
    ];
    for (section, end) in ends {
        let Some(end) = end else { continue };
        // Nothing is left of one that has ended.
        let left = end.duration_since(SystemTime::now()).unwrap_or_default();
        if left < ENDS_SOON {
            let hours = left.as_secs() / 3600;
            tracing::warn!(
                section,
                hours,
                "the certificate ends soon: put a new one in its place"
            );
            any = true;
        }
    }
    any
}
