#!/usr/bin/env bash
# Writes what docker-compose.yml reads and must not have defaults for: .env with a fresh database password and master
# key, readable by its owner only, and an empty bootstrap.toml. Existing files are left as they are: a new master key
# would lock Usher out of its own secrets.
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"

random() { head -c "$1" /dev/urandom; }

if [ -e .env ]; then
  echo '.env is there already: left as it is' >&2
else
  (
    umask 077
    {
      printf 'POSTGRES_PASSWORD=%s\n' "$(random 24 | od -An -v -tx1 | tr -d ' \n')"
      printf 'USHER_MASTER_KEY=%s\n' "$(random 32 | base64 -w 0)"
    } >.env
  )
  echo 'wrote .env; keep a copy of the master key in a safe place' >&2
fi
if [ ! -e bootstrap.toml ]; then
  printf '# Connections, applications and users made at first start: see docs/bootstrap-file.md\n' >bootstrap.toml
fi
