#!/usr/bin/env bash
# SATOSA from PyPI in an environment of its own, with gunicorn, which its documentation names.
set -euo pipefail
. "$(dirname "$0")/../../../scripts/lib.sh"

venv=$tools_dir/peers/satosa
[ -x "$venv/bin/gunicorn" ] && exit 0
say 'installing SATOSA'
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check 'SATOSA==8.6.0' 'gunicorn==27.0.1'
