//! What a connection kind is: one folder per kind; turns a protocol result into an external identity.
