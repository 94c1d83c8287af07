//! OpenID provider towards applications: validation, client authentication, tokens, discovery, keys, logout; pure.
