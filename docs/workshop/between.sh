#!/bin/sh
# Lessons 9 and 10: two servers and a balancer in front of them, until Ctrl-C.
#   between.sh CONFIG      a file in bench/scenarios/balancers
set -u

config=bench/scenarios/balancers/$1
case $1 in
*.cfg) balancer="haproxy -f build/between" ;;
*) balancer="nginx -p build -c between -e stderr" ;;
esac
mkdir -p build
sed -e 's/@LISTEN@/127.0.0.1:8000/' -e 's/@SERVER1@/127.0.0.1:8081/' -e 's/@SERVER2@/127.0.0.1:8082/' \
    -e 's#@FOLDER@/##' "$config" >build/between || exit 1

pids=
trap 'kill $pids; wait' EXIT
trap 'exit 0' INT TERM
start() { # start PORT COMMAND...: and wait until it answers there
    port=$1
    shift
    "$@" >/dev/null &
    pids="$pids $!"
    until curl -s -o /dev/null "http://127.0.0.1:$port/healthz"; do
        kill -0 $! || exit 1
        sleep 0.05
    done
}
start 8081 pushlab-server --listen 127.0.0.1:8081 --source none
start 8082 pushlab-server --listen 127.0.0.1:8082 --source none
# shellcheck disable=SC2086 # words
start 8000 $balancer
echo "ready: ${balancer%% *} at 127.0.0.1:8000, servers at 127.0.0.1:8081 and 127.0.0.1:8082"
wait
