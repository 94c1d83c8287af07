//! OpenID Connect relying party: discovery, authorization URL, code exchange, ID token checks, userinfo.
