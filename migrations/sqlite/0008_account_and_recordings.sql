-- The account page, and recordings of sign-ins. What somebody began in the account page lives with the sign-ins in
-- progress (crates/storage/src/db/ephemeral.sql).
SELECT 1;
