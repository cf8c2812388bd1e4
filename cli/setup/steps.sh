# shellcheck shell=bash
# Steps: what is being done, how long it took, and on failure the step, the cause and the remedy.

show_steps=

say() { printf '%s\n' "$*" >&2; }

# fail STEP CAUSE REMEDY
fail() {
  say ""
  say "stoa: $1 failed"
  say "  cause:  $2"
  say "  remedy: $3"
  exit 1
}

# step TITLE REMEDY COMMAND…   Output goes to a log; a failure quotes its cause and names it.
step() {
  local title=$1 remedy=$2 started=$SECONDS log
  shift 2
  log=$STOA_CACHE/log/$(tr -cs 'a-z0-9' '-' <<<"${title,,}" | sed 's/-*$//').log
  printf '  %-44s' "$title" >&2
  # Not as an `if`'s condition: bash would not stop at a failing line inside the command then.
  local status=0
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if ((status == 0)); then
    say "$((SECONDS - started)) s"
  else
    say "failed"
    fail "$title" "$(cause_in "$log")" "$remedy (full log: $log)"
  fi
}

# The likeliest cause, in a person's words: the last error line of the log, or what is known behind it.
cause_in() {
  if grep -qiE 'no space left' "$1"; then
    echo "the disk is full"
  elif grep -qiE 'could not resolve|failed to resolve|EAI_AGAIN|ENOTFOUND|ENETUNREACH|ECONNREFUSED|ETIMEDOUT|network is unreachable|temporary failure|failed to establish|connection (timed out|refused)|spurious network|download of .* failed|failed to (get|download)' "$1"; then
    echo "no network, or the package registry cannot be reached"
  else
    grep -iE '^(error|E:|npm err)' "$1" | head -n 1 || tail -n 1 "$1"
  fi
}

# The cache folder, with room in it.
make_cache() {
  mkdir -p "$STOA_CACHE/log" 2>/dev/null ||
    fail "preparing the cache" "$STOA_CACHE cannot be written" "set STOA_CACHE to a folder that can"
  local free_mib needed_mib=6000
  [[ -x $CARGO_TARGET_DIR/release/stoa ]] && needed_mib=500
  free_mib=$(df -Pm "$STOA_CACHE" | awk 'NR == 2 { print $4 }')
  ((free_mib >= needed_mib)) ||
    fail "preparing the cache" "$STOA_CACHE has $free_mib MiB free, $needed_mib MiB are needed" \
      "free some space, or set STOA_CACHE to a folder on a larger disk"
}
