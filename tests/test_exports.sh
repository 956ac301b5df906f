#!/bin/sh
# Lint finds functions that no other file calls, and those that only tests call, and nothing else
# (tests/exports.sh). Ends with the line that Check's programs print.
set -u
script=$(cd "$(dirname "$0")" && pwd)/exports.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree" || exit 1
mkdir -p lib tests/unit tests/fuzz build/asan/lib build/asan/tests/unit
failed=0

cat >lib/a.c <<'C'
/* only_mentioned() stands in this comment. */
void used_elsewhere(void) {}
void used_here(void) {}
void used_here_and_tested(void) { used_here(); }
void only_tested(void) {}
void used_here_and_fuzzed(void) { used_here_and_tested(); }
void only_mentioned(void) { used_here_and_fuzzed(); }
static void quiet(void) {}
void (*table[])(void) = {quiet};
C
cat >lib/main.c <<'C'
void used_elsewhere(void);
int main(void) { used_elsewhere(); return 0; }
C
cat >tests/unit/test_a.c <<'C'
void used_here_and_tested(void);
void only_tested(void);
int main(void) { used_here_and_tested(); only_tested(); return 0; }
C
echo 'void used_here_and_fuzzed(void);' >tests/fuzz/fuzz_a.c
for file in lib/a lib/main tests/unit/test_a; do
    cc -c -o "build/asan/$file.o" "$file.c" || exit 1
done

found=$("$script" build/asan/lib/a.o build/asan/lib/main.o build/asan/tests/unit/test_a.o)
status=$?
expected='lib/a.c: only_mentioned(): only tests call it, or nothing: delete it
lib/a.c: only_tested(): only tests call it, or nothing: delete it
lib/a.c: used_here(): only this file calls it: make it static'
if [ "$status" != 1 ] || [ "$found" != "$expected" ]; then
    failed=1
    printf 'exit %s, expected 1\n%s\nexpected\n%s\n' "$status" "$found" "$expected"
fi
printf '%d%%: Checks: 1, Failures: %d, Errors: 0\n' $((100 - 100 * failed)) "$failed"
[ "$failed" = 0 ]
