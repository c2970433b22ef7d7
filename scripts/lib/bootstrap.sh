# Sourced by scripts/up, scripts/down and scripts/test: makes Node and the project's packages available, on a machine
# that may have neither. Sets LAGLINE_NODE to the project's own Node 22.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# --no-install changes nothing on the host.
lagline_may_install() {
  for argument in "$@"; do [ "$argument" = "--no-install" ] && return 1; done
  return 0
}

lagline_as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

lagline_bootstrap() {
  if ! command -v npm >/dev/null; then
    if ! lagline_may_install "$@" || ! command -v apt-get >/dev/null; then
      echo "npm is not installed, and it brings everything else. Install Node.js with npm 9 or newer (Debian, Ubuntu: apt-get install nodejs npm), then run this again." >&2
      exit 1
    fi
    echo "npm is missing: installing Debian's nodejs and npm with apt-get."
    lagline_as_root apt-get update -q >/dev/null
    DEBIAN_FRONTEND=noninteractive lagline_as_root apt-get install -y -q nodejs npm >/dev/null
  fi
  local wanted stamp=node_modules/.lagline-lock
  wanted=$(sha256sum package-lock.json .npmrc | sha256sum | cut -d' ' -f1)
  if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
    echo "Installing the project's packages (npm ci) …"
    local start=$SECONDS log=var/log/npm-ci.log
    mkdir -p var/log
    if ! npm ci --loglevel=error >"$log" 2>&1; then
      echo "npm ci failed after $((SECONDS - start)) s:" >&2
      grep -v -e '^npm error$' -e '--' "$log" | head -n 15 >&2
      echo "Check the network or the registry settings, then run this again; the whole output is in $log." >&2
      exit 1
    fi
    echo "$wanted" >"$stamp"
    echo "Installed in $((SECONDS - start)) s."
  fi
  export PATH="$PWD/node_modules/.bin:$PATH"
  LAGLINE_NODE=node_modules/.bin/node
  [ -x "$LAGLINE_NODE" ] || ln -sf "$(command -v node)" "$LAGLINE_NODE"
}
