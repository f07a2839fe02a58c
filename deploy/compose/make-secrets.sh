#!/bin/sh
# Makes each secret of docker-compose.yml that is not there yet: sh deploy/compose/make-secrets.sh
# Only you may enter the folder. The files in it are readable to all, because each container reads them as a user of
# its own, and compose mounts them as they are.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p secrets
chmod 700 secrets

secret() {
  [ -e "secrets/$1.txt" ] || printf '%s\n' "$2" > "secrets/$1.txt"
  chmod 644 "secrets/$1.txt"
}
random() {
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

secret owner-password "$(random)"
secret monitor-password "$(random)"
secret app-password "$(random)"
secret grafana-password "$(random)"
secret grafana-admin-password "$(random)"
secret api-token "$(random)"
# Placeholders, as the addresses in alertmanager/alertmanager.yml are.
secret pagerduty-routing-key "$(random)"
secret slack-webhook-url http://127.0.0.1:9580/tickets
secret dead-man-token "$(random)"
