//! Outgoing HTTP behind the ports: time-outs, size caps, no redirects, private-address guard.
