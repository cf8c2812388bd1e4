# shellcheck shell=bash
# What only the system's packages bring. Installing them is the one thing that needs root.

# need_debian TITLE PACKAGE…
need_debian() {
  local title=$1 as_root=
  shift
  local line="apt-get install --yes --no-install-recommends $*"
  command -v apt-get >/dev/null ||
    fail "$title" "this machine has no apt-get" "install what Debian calls: $*"
  if [[ $(id -u) -ne 0 ]]; then
    sudo --non-interactive true 2>/dev/null ||
      fail "$title" "Debian packages are missing, and installing them needs root" "sudo $line"
    as_root=sudo
  fi
  step "$title" "run by hand: $as_root $line" install_debian "$as_root" "$@"
}

install_debian() {
  local as_root=$1
  shift
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@")
  # The package lists may be absent or old: try them as they are, then fresh.
  $as_root "${install[@]}" || { $as_root apt-get update && $as_root "${install[@]}"; }
}

need_compiler() {
  if ! command -v cc >/dev/null || ! echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; then
    need_debian "C compiler" gcc libc6-dev
  fi
}

need_browser() {
  local missing=()
  find_chromium >/dev/null || missing+=(chromium)
  [[ -n $(fc-list ':lang=zh-cn' 2>/dev/null | head -n 1) ]] || missing+=(fontconfig fonts-noto-cjk)
  ((${#missing[@]} == 0)) || need_debian "browser for the tests" "${missing[@]}"
  STOA_CHROMIUM=$(find_chromium)
  export STOA_CHROMIUM
}

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

need_wrk() { command -v wrk >/dev/null || need_debian "load generator" wrk; }
