//! Under TLS, or in plain text.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};

use crate::error::Error;
use crate::options::Options;

/// How long a connection may take to come about, before its handshake.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// How servers are reached.
#[derive(Debug)]
pub(crate) struct Transport {
    /// Where one of them is named as `https://`.
    #[cfg(not(madsim))]
    tls: Option<ackord_tls::Connector>,
    insecure: bool,
}

impl Transport {
    /// Reads the files that the options name, if TLS is spoken at all.
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        Ok(Self {
            #[cfg(not(madsim))]
            tls: connector(options)?,
            insecure: options.insecure,
        })
    }

    /// A channel to `address`, which is that of `endpoint`. Does not connect yet.
    pub(crate) fn channel(&self, address: &str, endpoint: &Endpoint) -> Result<Channel, Error> {
        let uri = endpoint.uri();
        #[cfg(not(madsim))]
        if uri.scheme_str() == Some("https")
            && let Some(connector) = self.tls.clone()
        {
            return Ok(endpoint.connect_with_connector_lazy(connector));
        }
        match (uri.scheme_str(), uri.host()) {
            (Some("http"), Some(host)) => {
                if !self.insecure && !is_this_machine(host) {
                    return Err(Error::failed(format!(
                        "{address} is another machine, and the token would go to it in plain text: \
                         name it as https://, or say that this may be (insecure)"
                    )));
                }
                Ok(endpoint
                    .clone()
                    .connect_timeout(CONNECT_LIMIT)
                    .connect_lazy())
            }
            _ => Err(Error::failed(format!(
                "{address:?} is no address of a server; write it as https://HOST:PORT, or as \
                 http://127.0.0.1:PORT"
            ))),
        }
    }
}

/// The simulated network is nobody's but the simulation's.
#[cfg(madsim)]
fn is_this_machine(_: &str) -> bool {
    true
}

#[cfg(not(madsim))]
fn is_this_machine(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']');
    match number.parse::<std::net::IpAddr>() {
        Ok(number) => number.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(not(madsim))]
fn connector(options: &Options) -> Result<Option<ackord_tls::Connector>, Error> {
    let is_tls = |it: &String| {
        it.get(..8)
            .is_some_and(|it| it.eq_ignore_ascii_case("https://"))
    };
    if !options.servers.iter().any(is_tls) {
        return Ok(None);
    }
    let tls = options.tls.clone();
    let pair = tls.identity.map(|it| ackord_tls::Pair {
        cert: it.cert,
        key: it.key,
    });
    let files = ackord_tls::ClientFiles { ca: tls.ca, pair };
    let client = ackord_tls::Client::open(files)
        .map_err(|it| Error::failed(format!("TLS: {}", with_cause(&it))))?;
    let connector = client.connector().within(CONNECT_LIMIT);
    Ok(Some(match &tls.server_name {
        Some(name) => connector.expects(name),
        None => connector,
    }))
}

#[cfg(not(madsim))]
fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(all(test, not(madsim)))]
mod tests {
    use super::*;

    fn outcome(server: &str, insecure: bool) -> Result<(), String> {
        let options = Options {
            insecure,
            ..Options::new(server, "t")
        };
        let transport = Transport::new(&options).map_err(|it| it.to_string())?;
        let endpoint = Endpoint::from_shared(server.to_owned()).expect("an address");
        let channel = transport.channel(server, &endpoint);
        channel.map(|_| ()).map_err(|it| it.to_string())
    }

    #[tokio::test]
    async fn a_token_leaves_this_machine_in_plain_text_only_if_that_is_said() {
        for here in [
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:1",
            "http://127.9.9.9:1",
        ] {
            assert_eq!(outcome(here, false), Ok(()), "{here}");
        }
        for there in [
            "http://10.0.0.1:1",
            "http://node-1.example:1",
            "http://[::2]:1",
            "HTTP://a:1",
        ] {
            let refused = outcome(there, false).expect_err("it is elsewhere");
            assert!(refused.contains("plain text"), "{refused}");
            assert_eq!(outcome(there, true), Ok(()), "{there}");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_of_a_server_is_refused() {
        for bad in ["a.example:1", "ftp://a.example:1", "/path"] {
            let refused = outcome(bad, true).expect_err("no address");
            assert!(refused.contains("write it as https://"), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_missing_is_named() {
        let mut options = Options::new("https://localhost:1", "t");
        options.tls.ca = Some("/nowhere/ca.crt".into());
        let refused = Transport::new(&options).expect_err("there is no such file");
        assert!(refused.to_string().contains("/nowhere/ca.crt"), "{refused}");
    }
}
