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

# Which room may include which: one table, and awk reads it.
grep -rn --include='*.[ch]' '^#include "' lib servers clients bench tests/unit |
    awk -v mode=check -f tests/layers.awk tests/layers.txt - || complain "includes, above"

if command -v shellcheck >/dev/null; then
    shellcheck bench/deps.sh bench/manual.sh bench/completion/pushlab.bash servers/web/embed.sh tests/*.sh tests/fuzz/run.sh .ci/run || complain "shellcheck"
fi
[ "$bad" = 0 ] && echo "lint: clean"
exit "$bad"
