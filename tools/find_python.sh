#!/bin/sh
# Print the path of the Python that .venv is made of: $PYTHON where it is given, else the newest one of PATH, unless
# another is quicker by a quarter. A Python compiled without profiles, as version managers do, takes half as long
# again as a distribution's, and its shim often stands first in PATH.
set -uf
tools=$(dirname "$0")
best=
best_us=

# Execute each candidate: a version manager's shim may fail, and a distribution's python3 may lack venv.
consider() {
    us=$("$1" "$tools/python_speed.py" 2>/dev/null </dev/null) || return 0
    case $us in '' | *[!0-9]*) return 0 ;; esac
    if [ -z "$best" ] || [ $((us * 5)) -lt $((best_us * 4)) ]; then
        best=$1
        best_us=$us
    fi
}

if [ -n "${PYTHON:-}" ]; then
    consider "$PYTHON"
else
    IFS=:
    for name in python3.13 python3.12 python3.11 python3; do
        for folder in $PATH; do
            [ ! -x "$folder/$name" ] || consider "$folder/$name"
        done
    done
fi
if [ -z "$best" ]; then
    [ -z "${PYTHON:-}" ] || echo "PYTHON=$PYTHON cannot run Reglament." >&2
    echo "Reglament needs Python 3.11 or newer with venv (on Debian and Ubuntu: apt install python3-venv)." >&2
    exit 1
fi
echo "$best"
