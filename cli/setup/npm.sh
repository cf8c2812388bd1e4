# shellcheck shell=bash
# Node tools: installed once per lock file in the cache; a checkout only links to them.

# need_npm FOLDER
need_npm() {
  local folder=$1 digest installed
  node_is_new_enough || need_node
  digest=$(sha256sum <"$STOA_ROOT/$folder/package-lock.json" | cut -c 1-16)
  installed=$STOA_CACHE/npm/$(tr / - <<<"$folder")-$digest
  if [[ ! -e $installed/.complete ]]; then
    step "npm packages of $folder" "check that npm can install packages here" install_npm "$folder" "$installed"
  fi
  if [[ $(readlink "$STOA_ROOT/$folder/node_modules" || true) != "$installed/node_modules" ]]; then
    rm -rf "$STOA_ROOT/$folder/node_modules"
    ln -s "$installed/node_modules" "$STOA_ROOT/$folder/node_modules"
  fi
}

install_npm() {
  local folder=$1 installed=$2
  rm -rf "$installed" && mkdir -p "$installed" &&
    cp "$STOA_ROOT/$folder/package.json" "$STOA_ROOT/$folder/package-lock.json" "$installed/" &&
    # No package here needs its install script, so none runs.
    npm ci --prefix "$installed" --ignore-scripts --no-audit --no-fund --loglevel error &&
    touch "$installed/.complete"
}

node_is_new_enough() {
  local version
  version=$(node --version 2>/dev/null) && version=${version#v} && ((${version%%.*} >= 20)) && command -v npm >/dev/null
}

need_node() {
  fail "Node" "node ${1:-20 or newer} and npm are needed for the script engine of plugins and for the edge, found: $(node --version 2>/dev/null || echo none)" \
    "install Node 20 or newer"
}
