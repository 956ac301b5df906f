#!/bin/sh
# lint.sh FILE...: formatting, warnings of both compilers, and the direction of includes.
# CC_FLAGS holds the compiler's flags. Prints what is wrong; exit 1 if anything is.
set -u
bad=0

complain() {
    printf 'lint: %s\n' "$*"
    bad=1
}

clang-format --dry-run -Werror "$@" || complain "clang-format: 'make format' mends it"

for cc in gcc clang; do
    # shellcheck disable=SC2086
    printf '%s\0' "$@" | grep -z '\.c$' | xargs -0 -n 8 -P "$(nproc)" \
        $cc $CC_FLAGS "-DPUSHLAB_VERSION=\"$VERSION\"" '-DPUSHLAB_DATADIR=""' -fsyntax-only ||
        complain "$cc has warnings, above"
done

# lib/ includes neither side; servers/ and clients/ never include each other (docs/architecture.md).
includes() { # includes FOLDER OTHER: lines in FOLDER that include a header of OTHER
    grep -rn --include='*.[ch]' "#include \"$2/" "$1" 2>/dev/null
}
for pair in lib:servers lib:clients lib:bench servers:clients clients:servers servers:bench clients:bench; do
    found=$(includes "${pair%:*}" "${pair#*:}")
    [ -z "$found" ] || complain "${pair%:*}/ must not include ${pair#*:}/: $found"
done

if command -v shellcheck >/dev/null; then
    shellcheck bench/deps.sh bench/manual.sh bench/completion/pushlab.bash servers/web/embed.sh tests/*.sh tests/fuzz/run.sh .ci/run || complain "shellcheck"
fi
[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
