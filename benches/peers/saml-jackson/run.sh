#!/usr/bin/env bash
# Becomes saml-jackson behind the small HTTP server of server.cjs. Started by the harness, which sets PORT, BASE, DIR,
# UPSTREAM_BY_NAME, CLIENT_ID, CLIENT_SECRET and APP_*.
set -euo pipefail
. "$(dirname "$0")/../../../scripts/lib.sh"
node_dir=$(scripts/node-path.sh)
openssl genrsa -out "$DIR/key" 2048 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in "$DIR/key" -out "$DIR/private.pem"
openssl rsa -in "$DIR/key" -pubout -out "$DIR/public.pem" 2>/dev/null
export NODE_PATH=$tools_dir/peers/saml-jackson/node_modules NODE_ENV=production DO_NOT_TRACK=1
cd "$DIR"
exec "$node_dir/node" "$project_root/benches/peers/saml-jackson/server.cjs"
