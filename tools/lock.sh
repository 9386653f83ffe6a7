#!/bin/sh
# Lock every requirement with its hashes, and the front end's packages. Versions stay unless UPGRADE=1.
# dev.in holds all the others, so that one version of each package serves all locks.
set -eu
compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        ${UPGRADE:+--upgrade} "$@"
}
compile requirements/dev.in --output-file requirements/dev.txt
for lock in runtime build services; do
    compile "requirements/$lock.in" --constraints requirements/dev.txt --output-file "requirements/$lock.txt"
done
exec .venv/bin/python tools/front_end.py lock
