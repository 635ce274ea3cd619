//! A caller that speaks plain text where TLS is spoken is told so in its own language.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// First byte of a TLS connection: a record of a handshake.
const HANDSHAKE: u8 = 22;
/// How every HTTP/2 connection begins.
const HTTP2: &[u8] = b"PRI ";
/// What it is told.
const WORDS: &str = "TLS is spoken here: call it as https://";
/// Bytes of a caller that are heard out, so that it gets to read the answer.
const HEARD_MAX: usize = 64 << 10;

/// How a caller begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// With TLS.
    Tls,
    /// With anything else.
    Plain,
    /// It has gone without a word, as who only looks whether the port is open.
    Gone,
}

/// How the other end begins.
pub(crate) async fn begin(tcp: &TcpStream) -> io::Result<Begin> {
    let mut first = [0];
    Ok(match tcp.peek(&mut first).await? {
        0 => Begin::Gone,
        _ if first[0] == HANDSHAKE => Begin::Tls,
        _ => Begin::Plain,
    })
}

/// Tells it, and ends the connection.
pub(crate) async fn answer(mut tcp: TcpStream) -> io::Result<()> {
    let mut first = [0; HTTP2.len()];
    let begun = tcp.peek(&mut first).await?;
    let answer = match first.get(..begun) {
        Some(HTTP2) => http2(),
        _ => http1(),
    };
    tcp.write_all(&answer).await?;
    tcp.shutdown().await?;
    // A connection that is closed with bytes unread is reset, and the answer is lost.
    let mut heard = [0; 1024];
    let mut left = HEARD_MAX;
    while left > 0 {
        match tcp.read(&mut heard).await? {
            0 => break,
            bytes => left = left.saturating_sub(bytes),
        }
    }
    Ok(())
}

/// Empty settings, and a goodbye: nothing was done, the security is inadequate.
fn http2() -> Vec<u8> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOODBYE: u8 = 7;
    const INADEQUATE_SECURITY: u8 = 12;
    let length = u8::try_from(8 + WORDS.len()).expect("a short sentence");
    let mut answer = SETTINGS.to_vec();
    answer.extend([0, 0, length, GOODBYE, 0, 0, 0, 0, 0]);
    answer.extend([0, 0, 0, 0]);
    answer.extend([0, 0, 0, INADEQUATE_SECURITY]);
    answer.extend(WORDS.as_bytes());
    answer
}

fn http1() -> Vec<u8> {
    let length = WORDS.len() + 1;
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    format!("{head}Content-Length: {length}\r\n\r\n{WORDS}\n").into_bytes()
}
