//! What an admin allows beyond the open internet: address blocks, and hosts with or without a port.
//!
//! A block (`10.0.0.0/8`) holds for whatever resolves into it. A host (`idp.intranet`, `127.0.0.1:9101`) holds for URLs
//! that name exactly that host. Only here listed destinations may be asked by plain http.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::Host;

/// Destinations that an admin allows although they are not on the open internet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    blocks: Vec<IpNet>,
    /// Host in its normal form; a port, or any.
    hosts: Vec<(String, Option<u16>)>,
}

/// An entry that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is neither an address block (10.0.0.0/8), an address, nor a host with an optional port (idp.intranet:8443)"
)]
pub struct InvalidEntry(pub String);

impl AllowList {
    /// Reads entries: `10.0.0.0/8`, `10.0.0.7`, `127.0.0.1:9101`, `[::1]:9101`, `idp.intranet`, `idp.intranet:8443`.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidEntry> {
        let mut list = Self::default();
        for entry in entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty()) {
            list.add(entry)?;
        }
        Ok(list)
    }

    fn add(&mut self, entry: &str) -> Result<(), InvalidEntry> {
        let invalid = || InvalidEntry(entry.to_owned());
        if let Ok(block) = entry.parse::<IpNet>() {
            self.blocks.push(block.trunc());
        } else if let Ok(address) = entry.parse::<IpAddr>() {
            self.blocks.push(IpNet::from(address));
        } else if let Ok(socket) = entry.parse::<SocketAddr>() {
            self.hosts.push((socket.ip().to_canonical().to_string(), Some(socket.port())));
        } else {
            let (name, port) = match entry.rsplit_once(':') {
                Some((name, port)) => (name, Some(port.parse::<u16>().map_err(|_| invalid())?)),
                None => (entry, None),
            };
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
            if name.is_empty() || !name.chars().all(is_name) || !matches!(Host::parse(name), Ok(Host::Domain(_))) {
                return Err(invalid());
            }
            self.hosts.push((normal(name), port));
        }
        Ok(())
    }

    /// Whether this very host and port are listed. `host` is a name, or an address without brackets.
    pub fn permits_host(&self, host: &str, port: u16) -> bool {
        let host = normal(host);
        self.hosts.iter().any(|(listed, at)| *listed == host && at.is_none_or(|at| at == port))
    }

    /// Whether this address lies in a listed block.
    pub fn permits_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.blocks.iter().any(|block| block.contains(&address))
    }
}

fn normal(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::AllowList;

    #[test]
    fn entries_hold_for_what_they_name() {
        let list = AllowList::parse([
            "10.0.0.0/8",
            "192.168.1.7",
            "127.0.0.1:9101",
            "[::1]:9",
            "IdP.Intranet",
            "b.test:8443",
            " ",
        ]);
        let list = list.expect("reads");
        for (address, expected) in [
            ("10.9.9.9", true),
            ("11.0.0.1", false),
            ("192.168.1.7", true),
            ("192.168.1.8", false),
            ("127.0.0.1", false),
            ("::ffff:10.0.0.1", true),
        ] {
            assert_eq!(list.permits_address(address.parse().unwrap()), expected, "{address}");
        }
        for (host, port, expected) in [
            ("127.0.0.1", 9101, true),
            ("127.0.0.1", 9102, false),
            ("::1", 9, true),
            ("idp.intranet", 1, true),
            ("IDP.intranet.", 443, true),
            ("x.idp.intranet", 443, false),
            ("b.test", 8443, true),
            ("b.test", 443, false),
        ] {
            assert_eq!(list.permits_host(host, port), expected, "{host}:{port}");
        }
    }

    #[test]
    fn unreadable_entries_are_named() {
        for bad in
            ["10.0.0.0/33", "http://x.test", "x.test/", "*.test", "x.test:http", "x.test:70000", ":80", "a b", "u@h"]
        {
            assert_eq!(AllowList::parse([bad]).map_err(|fault| fault.0), Err(bad.to_owned()));
        }
    }
}
