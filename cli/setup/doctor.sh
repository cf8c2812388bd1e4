# shellcheck shell=bash
# `./stoa doctor`: shell, because it has to work where nothing else does yet.

doctor() {
  missing=0
  say_tool "C compiler" "$(cc --version 2>/dev/null | head -n 1)" "./stoa dev installs gcc and libc6-dev"
  if [[ -x $STOA_CACHE/toolchain/bin/rustc ]]; then PATH=$STOA_CACHE/toolchain/bin:$PATH; fi
  say_tool "rustc (1.$rust_minimum or newer)" "$(rust_is_new_enough && rustc --version)" "./stoa dev installs ${rust_packages[*]}"
  say_tool "cargo" "$(cargo --version 2>/dev/null)" "comes with rustc"
  say_tool "clippy" "$(cargo clippy --version 2>/dev/null)" "needed for ./stoa check: rustup component add clippy"
  say_tool "rustfmt" "$(rustfmt --version 2>/dev/null)" "needed for ./stoa check: rustup component add rustfmt"
  say_tool "$wasm" "$(toolchain_works && echo "compiles and links")" "./stoa dev prepares it"
  say_tool "Node (20 or newer)" "$(node_is_new_enough && node --version)" "install Node 20 or newer, with npm"
  say_tool "workerd" "$("$STOA_ROOT"/edge/node_modules/@cloudflare/workerd-*/bin/workerd --version 2>/dev/null)" "./stoa dev installs it from npm"
  say_tool "Chromium" "$("$(find_chromium || echo false)" --version 2>/dev/null)" "needed for ./stoa test, which installs chromium"
  say_tool "Chinese fonts" "$(fc-list ':lang=zh-cn' family 2>/dev/null | head -n 1)" "needed for ./stoa test, which installs fonts-noto-cjk"
  say_tool "wrk" "$(command -v wrk)" "needed for ./stoa bench, which installs it"
  say_tool "Python (3.11 or newer)" "$(python3 --version 2>/dev/null)" "needed for ./stoa test deploy: install python3 and python3-venv"
  say_tool "free disk" "$(df -Ph "$(dirname "$STOA_CACHE")" 2>/dev/null | awk 'NR == 2 { print $4 " at " $6 }')" "about 6 GB are needed"
  printf '  %-26s%s\n' "cache" "$STOA_CACHE"
  if ((missing > 0)); then echo "$missing missing; what each is for stands beside it"; else echo "nothing is missing"; fi
}

say_tool() {
  if [[ -n $2 ]]; then
    printf '  %-26s%s\n' "$1" "$2"
  else
    printf '✗ %-26s%s\n' "$1" "missing: $3"
    missing=$((missing + 1))
  fi
}
