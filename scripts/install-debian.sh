#!/usr/bin/env bash
# Installs the Debian packages that a group of work needs, only those that are missing, and asks nothing.
#   scripts/install-debian.sh GROUP...      GROUP: build, saml, test, bench, lint, fuzz
# As root, or as a user with sudo. Elsewhere than on Debian it names the commands that are missing and stops.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# A line per need: the package, and a command or path that proves the need is met without it ("-": ask dpkg only).
needs() {
  case $1 in
  build)
    cat <<'TXT'
gcc cc
libc6-dev /usr/include/stdlib.h
make make
TXT
    ;;
  saml)
    # What saml-sp is built on (libxml2, xmlsec, OpenSSL, and clang to read their headers), and the command of its tests.
    cat <<'TXT'
pkg-config pkg-config
clang clang
libclang-dev -
libxml2-dev /usr/include/libxml2/libxml/parser.h
libxmlsec1-dev /usr/include/xmlsec1/xmlsec/xmlsec.h
libxmlsec1-openssl -
libssl-dev /usr/include/openssl/ssl.h
xmlsec1 xmlsec1
TXT
    ;;
  test)
    # PostgreSQL's programs only: the tests start a server of their own. apache2-bin has no service.
    cat <<'TXT'
postgresql /usr/lib/postgresql/*/bin/initdb
chromium chromium
chromium-driver chromedriver
fonts-dejavu-core -
python3-yaml -
apache2-bin /usr/sbin/apache2
libapache2-mod-auth-openidc /usr/lib/apache2/modules/mod_auth_openidc.so
git git
TXT
    node_is_ready || printf '%s\n' 'nodejs node' 'npm npm'
    ;;
  bench) printf '%s\n' 'postgresql /usr/lib/postgresql/*/bin/initdb' ;;
  fuzz) printf '%s\n' 'g++ c++' ;;
  lint)
    printf '%s\n' 'shellcheck shellcheck' 'python3-yaml -'
    ;;
  *) fail "unknown group $1: build, saml, test, bench, lint or fuzz" ;;
  esac
}

# An old node is fine as long as npm comes with it: scripts/test.sh then fetches a newer one from npm.
node_is_ready() {
  command -v node >/dev/null && command -v npm >/dev/null
}

is_met() {
  local package=$1 proof=$2
  case $proof in
  -) ;;
  /*) compgen -G "$proof" >/dev/null && return 0 ;;
  *) command -v "$proof" >/dev/null && return 0 ;;
  esac
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

missing=()
for group in "$@"; do
  while read -r package proof; do
    is_met "$package" "$proof" || missing+=("$package")
  done < <(needs "$group")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || fail "not a Debian system; install yourself: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "run as root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
say "installing: ${missing[*]}"
# RUNLEVEL=1: Debian's own services (PostgreSQL on its usual port) are not started on our account where init allows.
as_root+=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a RUNLEVEL=1)
"${as_root[@]}" apt-get update -qq </dev/null >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >&2
