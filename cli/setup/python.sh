# shellcheck shell=bash
# A virtual environment for the deployment test, one per version of its requirements, in the cache.

need_python() {
  local requirements=$STOA_ROOT/infra/requirements.txt digest
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python" "python3 3.11 or newer is needed for the deployment test, found: $(python3 --version 2>/dev/null || echo none)" \
      "install python3 and python3-venv"
  python3 -c 'import ensurepip' 2>/dev/null || need_debian "Python's venv module" python3-venv
  digest=$(sha256sum <"$requirements" | cut -c 1-16)
  STOA_PYTHON=$STOA_CACHE/python/$digest/bin/python
  export STOA_PYTHON
  [[ -e $STOA_CACHE/python/$digest/.complete ]] ||
    step "Python packages of infra" "check that pip can install packages here" install_python "$STOA_CACHE/python/$digest" "$requirements"
}

install_python() {
  rm -rf "$1" && python3 -m venv "$1" &&
    "$1/bin/pip" install --disable-pip-version-check --quiet --requirement "$2" &&
    touch "$1/.complete"
}
