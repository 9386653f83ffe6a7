#!/bin/sh
# Make .venv hold what the named locks of requirements/ say, and this checkout itself, editable.
# usage: install.sh LOCK…     for example: install.sh runtime build
set -eu

# Trust the system's certificates, not only the bundled ones: companies inspect TLS with their own.
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
system_certificates=/etc/ssl/certs/ca-certificates.crt
if [ -z "${PIP_CERT:-}" ] && [ -r "$system_certificates" ]; then
    export PIP_CERT="$system_certificates"
fi

# uv is only an accelerator; its own hash stands in the same lock.
install_uv() {
    awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements/build.txt >.venv/uv.txt
    .venv/bin/python -m pip install --quiet --require-hashes -r .venv/uv.txt 2>/dev/null
}

install() {
    if [ -x .venv/bin/uv ] && .venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python "$@"; then
        return
    fi
    .venv/bin/python -m pip install --quiet "$@"
}

if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(sh tools/find_python.sh)
    echo "Creating .venv with $("$python" --version), $python"
    "$python" -m venv --clear .venv
fi
echo "Installing the locked requirements: $*"
[ -x .venv/bin/uv ] || install_uv || echo "uv cannot be installed here; pip does the same more slowly"
for lock in "$@"; do
    set -- "$@" -r "requirements/$lock.txt"
    shift
done
install --require-hashes "$@"
install --no-deps --no-build-isolation --editable .
