-- Sign-ins in progress live in a SQLite file of their own, which is thrown away rather than migrated:
-- crates/storage/src/db/ephemeral.sql. This file keeps the numbers of both folders in step.
SELECT 1;
