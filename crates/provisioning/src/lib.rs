//! Just-in-time provisioning: the decision, attribute mapping and synchronisation; pure.
