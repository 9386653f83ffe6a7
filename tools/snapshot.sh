#!/bin/sh
# Keeps a company of a released version, with deals at every kind of wait, as that version's own program makes it.
set -eu
release=${1:?"RELEASE names a tag or a commit"}
version=${2:?"VERSION names the release, as 0.2.0"}
here=$(pwd)
there=$(mktemp -d)
trap 'git worktree remove --force "$there/program"; rm -rf "$there"' EXIT
git worktree add --quiet --detach "$there/program" "$release"
cd "$there/program"
PYTHONPATH="$there/program:$there/program/tests:$here/tests" \
  "$here/.venv/bin/python" -m upgrades.make "$version" "$here/tests/upgrades/$version/company.json.gz"
