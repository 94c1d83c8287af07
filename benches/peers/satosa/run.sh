#!/usr/bin/env bash
# Becomes SATOSA: an OpenID Connect frontend for one application, an OpenID Connect backend for one provider. Started by
# the harness, which sets PORT, BASE, DIR, UPSTREAM, CLIENT_ID, CLIENT_SECRET and APP_*. Authorization codes carry what they
# stand for, so that two worker processes can share the work.
set -euo pipefail
. "$(dirname "$0")/../../../scripts/lib.sh"
venv=$tools_dir/peers/satosa
cd "$DIR"

openssl genrsa -traditional -out frontend.key 2048 2>/dev/null || openssl genrsa -out frontend.key 2048

cat >proxy_conf.yaml <<TXT
BASE: $BASE
COOKIE_STATE_NAME: SATOSA_STATE
STATE_ENCRYPTION_KEY: a-key-that-protects-nobody
INTERNAL_ATTRIBUTES: internal_attributes.yaml
BACKEND_MODULES: [backend.yaml]
FRONTEND_MODULES: [frontend.yaml]
MICRO_SERVICES: []
LOGGING:
  version: 1
  handlers:
    stderr: {class: logging.StreamHandler, level: WARNING}
  root: {level: WARNING, handlers: [stderr]}
TXT
cat >internal_attributes.yaml <<'TXT'
attributes:
  mail: {openid: [email]}
  name: {openid: [name]}
  givenname: {openid: [given_name]}
  surname: {openid: [family_name]}
TXT
cat >backend.yaml <<TXT
module: satosa.backends.openid_connect.OpenIDConnectBackend
name: stub
config:
  provider_metadata: {issuer: $UPSTREAM}
  client:
    verify_ssl: false
    auth_req_params: {response_type: code, scope: openid profile email}
    client_metadata:
      client_id: $CLIENT_ID
      client_secret: $CLIENT_SECRET
      application_type: web
      redirect_uris: [$BASE/stub]
      subject_type: public
TXT
cat >frontend.yaml <<TXT
module: satosa.frontends.openid_connect.OpenIDConnectFrontend
name: OIDC
config:
  signing_key_path: frontend.key
  signing_key_id: frontend
  sub_hash_salt: the-same-in-every-process
  db_uri: "stateless://user:a-key-that-protects-nobody@localhost?alg=aes256"
  client_db_path: clients.json
  provider:
    client_registration_supported: false
    response_types_supported: [code]
    subject_types_supported: [public]
    scopes_supported: [openid, email, profile]
    id_token_lifetime: 3600
TXT
cat >clients.json <<TXT
{ "$APP_ID": { "client_id": "$APP_ID", "client_secret": "$APP_SECRET", "response_types": ["code"],
  "redirect_uris": ["$APP_REDIRECT"], "token_endpoint_auth_method": "client_secret_basic" } }
TXT
exec "$venv/bin/gunicorn" --workers 2 --threads 4 --bind "127.0.0.1:$PORT" satosa.wsgi:app
