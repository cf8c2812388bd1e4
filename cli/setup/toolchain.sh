# shellcheck shell=bash
# One Rust toolchain for everything, native and wasm32. In order: the one prepared earlier; the one that is here, when it
# has wasm32; the same after `rustup target add`; Debian's packages with a private sysroot, which needs root only for apt.

rust_minimum=95 # rust-version in Cargo.toml: 1.95
rust_packages=(rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web lld-19)
wasm=wasm32-unknown-unknown

need_toolchain() {
  private_toolchain=$STOA_CACHE/toolchain
  if [[ -x $private_toolchain/bin/rustc ]]; then PATH=$private_toolchain/bin:$PATH; fi
  toolchain_is_known && return
  if toolchain_works; then
    remember_toolchain
    return
  fi
  PATH=${PATH#"$private_toolchain/bin:"}
  if command -v rustup >/dev/null && rust_is_new_enough; then
    # Where its host cannot be reached, rustup waits for long: a minute is plenty for 30 MB.
    printf '  %-44s' "rustup target add $wasm" >&2
    if timeout 60 rustup target add "$wasm" >"$STOA_CACHE/log/rustup.log" 2>&1 && toolchain_works; then
      say "done"
      remember_toolchain
      return
    fi
    say "not to be had, trying Debian's packages"
  fi
  debian_rust_is_here || need_debian "Rust from Debian's packages" "${rust_packages[@]}"
  step "wasm32 standard library" "see the log" make_private_toolchain
  PATH=$private_toolchain/bin:$PATH
  toolchain_works || fail "Rust toolchain" "the prepared toolchain does not build for $wasm" \
    "remove $private_toolchain and try again"
  remember_toolchain
}

# Compiling and linking a program is the only proof that counts: a listed target may be broken.
toolchain_works() {
  command -v cargo >/dev/null && rust_is_new_enough || return 1
  local probe
  probe=$(mktemp -d)
  echo 'fn main() { println!("{}", std::env::args().count()); }' >"$probe/main.rs"
  rustc --target "$wasm" -o "$probe/main.wasm" "$probe/main.rs" >/dev/null 2>&1 &&
    rustc -o "$probe/main" "$probe/main.rs" >/dev/null 2>&1
  local works=$?
  rm -rf "$probe"
  return $works
}

rust_is_new_enough() {
  local version
  version=$(rustc --version 2>/dev/null) || return 1
  [[ $version =~ ^rustc\ 1\.([0-9]+)\. ]] && ((BASH_REMATCH[1] >= rust_minimum))
}

toolchain_mark() { { command -v cargo && rustc -vV; } 2>/dev/null; }
toolchain_is_known() { [[ -s $STOA_CACHE/toolchain.ok && $(toolchain_mark) == "$(<"$STOA_CACHE/toolchain.ok")" ]]; }
remember_toolchain() { toolchain_mark >"$STOA_CACHE/toolchain.ok"; }

debian_rust_is_here() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}\n' "${rust_packages[@]}" 2>/dev/null | grep -cx installed) -eq ${#rust_packages[@]} ]]
}

# Debian ships the standard library's source, not its wasm32 build. Build that once, beside links to Debian's own files.
make_private_toolchain() {
  local work new=$private_toolchain.new host
  host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
  work=$(mktemp -d)
  rm -rf "$new"
  local rustlib=$new/sysroot/lib/rustlib
  mkdir -p "$new/bin" "$rustlib/$wasm/lib" "$rustlib/$host/bin" "$work/bin" "$work/src"
  ln -s /usr/lib/llvm-19/bin/lld "$work/bin/rust-lld"
  : >"$work/src/lib.rs"
  printf '[package]\nname = "empty"\nversion = "0.1.0"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n' >"$work/Cargo.toml"
  # RUSTC_BOOTSTRAP: -Zbuild-std is the one unstable flag in use, and only here. Without embed-bitcode, fat LTO fails later.
  (
    cd "$work"
    env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target" \
      RUSTFLAGS="-Cembed-bitcode=yes -Clinker=$work/bin/rust-lld" \
      /usr/bin/cargo build --release --target "$wasm" -Zbuild-std=std,panic_abort
  )
  cp "$work/target/$wasm/release/deps/"*.rlib "$rustlib/$wasm/lib/"
  ln -s "/usr/lib/rustlib/$host/lib" "$rustlib/$host/lib"
  ln -s /usr/lib/llvm-19/bin/lld "$rustlib/$host/bin/rust-lld"
  ln -s /usr/lib/rustlib/src "$rustlib/src"
  for tool in cargo rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do ln -s "/usr/bin/$tool" "$new/bin/$tool"; done
  printf '#!/bin/sh\nexec /usr/bin/rustc --sysroot "%s" "$@"\n' "$private_toolchain/sysroot" >"$new/bin/rustc"
  chmod +x "$new/bin/rustc"
  rm -rf "$private_toolchain" "$work"
  mv "$new" "$private_toolchain"
}
