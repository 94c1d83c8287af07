#!/usr/bin/python3
"""Reads a compose file and refuses what must not be in ours: it does not parse, a service nobody checks, a secret
written out. Prints one line per finding; no output means good."""

import re
import sys

import yaml

SECRET = re.compile(r"PASSWORD|SECRET|MASTER_KEY", re.IGNORECASE)
FROM_OUTSIDE = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")


def findings(compose):
    services = compose.get("services") or {}
    if not services:
        yield "no services"
    for name, service in services.items():
        if not ("image" in service or "build" in service):
            yield f"{name}: neither image nor build"
        if "healthcheck" not in service:
            yield f"{name}: no healthcheck"
        for variable, value in (service.get("environment") or {}).items():
            if SECRET.search(variable) and not FROM_OUTSIDE.fullmatch(str(value)):
                yield f"{name}: {variable} must be ${{VARIABLE:?why}}, without a default"
        for mount in service.get("volumes") or []:
            source = str(mount).split(":")[0]
            if not source.startswith(("/", ".", "$")) and source not in (compose.get("volumes") or {}):
                yield f"{name}: volume {source} is not declared"


def main(path):
    with open(path, encoding="utf-8") as text:
        found = list(findings(yaml.safe_load(text)))
    for line in found:
        print(f"{path}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
