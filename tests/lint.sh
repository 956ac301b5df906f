#!/bin/sh
# lint.sh FILE...: formatting, the direction of includes, shell scripts. What compilers have to say
# 'make lint' asks them. Prints what is wrong; exit 1 if anything is.
set -u
bad=0

complain() {
    printf 'lint: %s\n' "$*"
    bad=1
}

clang-format --dry-run -Werror "$@" || complain "clang-format: 'make format' mends it"
./tests/layers.sh || complain "includes, above"
if command -v shellcheck >/dev/null; then
    shellcheck bench/deps.sh bench/install.sh bench/manual.sh bench/map.sh bench/studies.sh bench/completion/pushlab.bash servers/web/embed.sh bench/page/embed.sh tests/*.sh tests/fuzz/run.sh docs/workshop/between.sh .ci/run || complain "shellcheck"
fi
exit "$bad"
