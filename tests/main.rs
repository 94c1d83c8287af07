//! The one test binary: the real `usher` server against scripted and real peers.
//!
//! Every test starts a server of its own on a free port with a database of its own, so tests run in
//! any order and side by side; none is repeated until it passes.

#[cfg(test)]
mod account;
#[cfg(test)]
mod adversarial;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod console;
#[cfg(test)]
mod fuzz_smoke;
#[cfg(test)]
mod house;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod login;
#[cfg(test)]
mod op;
#[cfg(test)]
mod support;
