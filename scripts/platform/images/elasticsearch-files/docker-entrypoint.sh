#!/bin/bash
# Starts Elasticsearch with the contract of the upstream image: "eswrapper" starts the node, any other command runs as
# it is, and ELASTIC_PASSWORD or ELASTIC_PASSWORD_FILE becomes the bootstrap password.
set -euo pipefail
umask 0002

home=/usr/share/elasticsearch
if [ "${1:-eswrapper}" != eswrapper ]; then exec "$@"; fi

if [ -n "${ELASTIC_PASSWORD_FILE:-}" ]; then
  if [ -n "${ELASTIC_PASSWORD:-}" ]; then
    echo "ELASTIC_PASSWORD and ELASTIC_PASSWORD_FILE are both set; set one of them." >&2
    exit 1
  fi
  if [ ! -r "$ELASTIC_PASSWORD_FILE" ]; then
    echo "ELASTIC_PASSWORD_FILE is \"$ELASTIC_PASSWORD_FILE\", but uid $(id -u) cannot read that file." >&2
    exit 1
  fi
  ELASTIC_PASSWORD="$(cat "$ELASTIC_PASSWORD_FILE")"
  unset ELASTIC_PASSWORD_FILE
fi
if [ -n "${ELASTIC_PASSWORD:-}" ]; then
  # Not an environment variable of the node: only this shell knows it.
  password="$ELASTIC_PASSWORD"
  unset ELASTIC_PASSWORD
  keystore() { LAGLINE_ENV_SETTINGS=off "$home/bin/elasticsearch-keystore" "$@"; }
  if [ ! -f "$home/config/elasticsearch.keystore" ]; then keystore create; fi
  if ! keystore list | grep -q '^bootstrap.password$'; then
    printf '%s' "$password" | keystore add -x bootstrap.password
  fi
  unset password
fi
exec "$home/bin/elasticsearch"
