#!/usr/bin/env bash
# Is the Usher on this port of this machine ready? Needs nothing but bash, so that the image stays small.
#   usher-healthcheck [PORT]
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${1:-8080}"
printf 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
IFS= read -r -t 4 status <&3
[[ $status == 'HTTP/1.1 200 '* ]]
