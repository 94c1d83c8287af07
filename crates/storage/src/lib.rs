//! The only SQL: rows to domain types and back, transactions, migrations, sealing of secrets at rest.
