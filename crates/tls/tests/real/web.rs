//! Senders of webhooks: programs of others, some of them old.

use std::sync::Arc;

use ackord_tls::mint::Authority;
use ackord_tls::{Figures, Server};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::{TcpListener, TcpStream};

use super::support::{Files, HERE, LONG, today};

/// What the two agree on: the version, and what is spoken under it.
async fn agreed(
    server: &Server,
    ca: &Authority,
    version: &'static SupportedProtocolVersion,
    alpn: &[&str],
) -> (ProtocolVersion, Option<String>) {
    let listener = TcpListener::bind((HERE, 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let acceptor = server.acceptor();
    let served = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a caller");
        acceptor.shake(tcp, LONG).await.expect("they agree")
    });
    let mut roots = RootCertStore::empty();
    let pem = ca.minted().cert;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    roots.add(certificate).expect("a CA");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .expect("known")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|it| it.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from(HERE).expect("a name");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, tcp).await.expect("they agree");
    let (_, session) = stream.get_ref();
    let spoken = session
        .alpn_protocol()
        .map(|it| String::from_utf8_lossy(it).into_owned());
    drop(served.await.expect("served"));
    (session.protocol_version().expect("shaken"), spoken)
}

#[tokio::test]
async fn old_senders_and_new_ones_are_understood() {
    let files = Files::new();
    let ca = Authority::make().expect("a CA");
    let pair = files.pair("web", &ca.mint(&[HERE], today()).expect("minted"));
    let server = Server::open_web(pair, Figures::default()).expect("good files");
    let text = |it: &str| Some(it.to_owned());
    assert_eq!(
        agreed(&server, &ca, &version::TLS12, &[]).await,
        (ProtocolVersion::TLSv1_2, None)
    );
    assert_eq!(
        agreed(&server, &ca, &version::TLS13, &["http/1.1"]).await,
        (ProtocolVersion::TLSv1_3, text("http/1.1"))
    );
    assert_eq!(
        agreed(&server, &ca, &version::TLS13, &["http/1.1", "h2"]).await,
        (ProtocolVersion::TLSv1_3, text("h2"))
    );
}

#[tokio::test]
async fn clients_of_the_api_speak_the_newest_only() {
    let files = Files::new();
    let ca = Authority::make().expect("a CA");
    let acceptor = files.server(&ca).acceptor();
    let listener = TcpListener::bind((HERE, 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let served = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a caller");
        acceptor.shake(tcp, LONG).await
    });
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS12])
        .expect("known")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.expect("it listens");
    let name = ServerName::try_from(HERE).expect("a name");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(name, tcp).await.expect_err("refused");
    served.await.expect("served").expect_err("refused");
}
