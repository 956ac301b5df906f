#!/bin/sh
# bench/deps.sh waits while another program holds apt's lock, and names the command that failed.
# Ends with the line that Check's programs print.
set -u
deps=$(cd "$(dirname "$0")/.." && pwd)/bench/deps.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

fake() { # fake NAME: a program of that name, out of standard input
    { printf '#!/bin/sh\n' && cat; } >"$tree/$1"
    chmod +x "$tree/$1"
}
echo 'exit 1' | fake dpkg-query # nothing is installed
echo 'echo 0' | fake id
echo "echo \$1 >>$tree/slept" | fake sleep
fake apt-get <<SH # at first the lists are locked; nothing can be installed
case \$* in *update*)
    [ -e $tree/asked ] && exit 0
    touch $tree/asked
    echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)"
    exit 100 ;;
esac
echo "E: Unable to locate package gcc" >&2
exit 100
SH

says() { # says TEXT: or it is a failure
    case $said in *"$1"*) return ;; esac
    echo "deps.sh doesn't say '$1': $said"
    failed=$((failed + 1))
}
said=$(PATH=$tree:$PATH "$deps" build 2>&1)
status=$?
[ "$status" = 1 ] || { echo "exit code $status" && failed=$((failed + 1)); }
[ "$(cat "$tree/slept" 2>/dev/null)" = 5 ] || { echo "it did not wait once" && failed=$((failed + 1)); }
says "another program holds apt's lock"
says "E: Unable to locate package gcc"
says "this failed:  apt-get install --no-install-recommends gcc"
echo "100%: Checks: 5, Failures: $failed, Errors: 0"
[ "$failed" = 0 ]
