//! Just enough of HTTP to ask a node's operations port, and to send it webhooks.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A port that is silent for so long does not answer: longer than any source holds a sender.
const SILENCE_MAX: Duration = Duration::from_secs(90);

/// Asks for a page: its status and its text.
///
/// # Errors
/// Nobody answers, or not in HTTP.
pub fn get(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    ask(address, &request)
}

/// Sends a body, with these lines of headers: the status and the text of the answer.
///
/// # Errors
/// Nobody answers, or not in HTTP.
pub fn post(
    address: SocketAddr,
    path: &str,
    headers: &str,
    body: &str,
) -> io::Result<(u16, String)> {
    ask(address, &request(path, headers, body))
}

/// The text of a request that sends a body.
pub(crate) fn request(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: cluster\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

fn ask(address: SocketAddr, request: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    parse(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, answer.clone()))
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.strip_prefix("HTTP/1.1 ")?.get(..3)?;
    Some((code.parse().ok()?, body.to_owned()))
}
