# shellcheck shell=bash
# The CLI itself. Cargo knows what is fresh; this adds words, and guards the target folder that checkouts share.

build_cli() {
  claim_target_folder
  local started=$SECONDS
  if [[ -n $show_steps && ! -x $CARGO_TARGET_DIR/release/stoa ]]; then
    say "  building Stoa for the first time: about a quarter of an hour on two cores"
  fi
  local flags=(--release --locked --package stoa-cli --manifest-path "$STOA_ROOT/Cargo.toml")
  # On a terminal cargo shows its own progress bar; elsewhere only errors are worth reading.
  [[ -t 2 && -n $show_steps ]] || flags+=(--quiet)
  if ! cargo build "${flags[@]}" >&2; then
    local missing
    missing=$(cargo fetch --locked --quiet --offline --manifest-path "$STOA_ROOT/Cargo.toml" 2>&1) || missing=${missing:-crates}
    if [[ $missing == *'lock file'* ]]; then
      fail "building Stoa" "Cargo.lock does not fit the manifests" "run cargo build once without --locked, and commit Cargo.lock with the change"
    elif [[ -n $missing ]]; then
      fail "building Stoa" "crates are missing and could not be downloaded" "connect to the network once; later builds work without it"
    fi
    fail "building Stoa" "the compiler's message is above" "fix what it names; ./stoa doctor tells what the machine lacks"
  fi
  if [[ -n $show_steps ]]; then printf '  %-44s%s s\n' "Stoa's own tools" "$((SECONDS - started))" >&2; fi
}

# Cargo takes a source older than the last build for unchanged. With two checkouts in turn on one target folder that is
# wrong, so a checkout that was not the last to build tells cargo what differs: a file that is the same in the checkout
# that built last gets that one's time, and cargo judges it as it would there; any other is marked as new. So a fresh clone
# builds what has changed, not everything. What asks the compiler where it lies is new in every checkout: cargo does not
# track that.
claim_target_folder() {
  local mark=$CARGO_TARGET_DIR/.checkout last='' file twin
  [[ -s $mark ]] && last=$(<"$mark")
  [[ $last == "$STOA_ROOT" ]] && return
  mkdir -p "$CARGO_TARGET_DIR"
  if [[ -n $last ]]; then
    while IFS= read -r -d '' file; do
      twin=$last/${file#"$STOA_ROOT/"}
      if [[ -f $twin ]] && cmp -s "$file" "$twin" && ! grep -qF 'env!("CARGO_MANIFEST_DIR")' "$file"; then touch -r "$twin" "$file"; else touch "$file"; fi
    done < <(find "$STOA_ROOT" \( -name node_modules -o -name .git -o -name .stoa -o -name target -o -path "$STOA_ROOT/edge/build" \) -prune \
      -o -type f -print0)
  fi
  printf '%s' "$STOA_ROOT" >"$mark"
}
