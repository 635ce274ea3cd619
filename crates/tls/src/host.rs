//! The host of an address.

use rustls::pki_types::ServerName;

/// The host of `host:port`, `[v6]:port` or a host alone, as a certificate names it.
pub(crate) fn name(address: &str) -> Option<ServerName<'static>> {
    let host = match address.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => match address.rsplit_once(':') {
            // More colons are in a number of version 6 only.
            Some((host, _)) if !host.contains(':') => host,
            _ => address,
        },
    };
    ServerName::try_from(host.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_numbers() {
        let shown = |it: &str| name(it).map(|it| it.to_str().into_owned());
        let is = |it: &str| Some(it.to_owned());
        assert_eq!(shown("a.example:7500"), is("a.example"));
        assert_eq!(shown("10.0.0.1:7500"), is("10.0.0.1"));
        assert_eq!(shown("[::1]:7500"), is("::1"));
        assert_eq!(shown("[::1]"), is("::1"));
        assert_eq!(shown("::1"), is("::1"));
        assert_eq!(shown("localhost"), is("localhost"));
        assert_eq!(shown("a b:1"), None);
        assert_eq!(shown(""), None);
    }
}
