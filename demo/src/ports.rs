//! Three loopback ports: the usual ones where they are free, others where not.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// One port for each server of the demo.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub usher: u16,
    pub acme: u16,
    pub shop: u16,
}

impl Ports {
    /// The usual ports, each replaced by a free one where it is taken; only free ones if `all_free`.
    pub fn choose(all_free: bool) -> std::io::Result<Self> {
        // All are held until all are known, so that no port is handed out twice.
        let usher = hold(9100, all_free)?;
        let acme = hold(9101, all_free)?;
        let shop = hold(9102, all_free)?;
        Ok(Self { usher: usher.local_addr()?.port(), acme: acme.local_addr()?.port(), shop: shop.local_addr()?.port() })
    }
}

fn hold(usual: u16, all_free: bool) -> std::io::Result<TcpListener> {
    if !all_free
        && !is_taken_on_ipv6(usual)
        && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, usual))
    {
        return Ok(listener);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
}

/// A browser may try `[::1]` first for `localhost`: whoever answers there would be taken for us.
fn is_taken_on_ipv6(port: u16) -> bool {
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))) {
        Ok(_) => false,
        Err(fault) => fault.kind() == std::io::ErrorKind::AddrInUse,
    }
}

#[cfg(test)]
mod tests {
    use super::{Ports, hold};

    #[test]
    fn a_taken_port_is_replaced() {
        let taken = hold(0, false).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(hold(port, false).unwrap().local_addr().unwrap().port(), port);
    }

    #[test]
    fn the_three_differ() {
        let ports = Ports::choose(true).unwrap();
        assert!(ports.usher != ports.acme && ports.acme != ports.shop && ports.usher != ports.shop);
    }
}
