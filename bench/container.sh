#!/bin/sh
# container.sh [TARGET]: build the image of Containerfile, run `make TARGET` (bench) in it, and copy the results out.
# With podman, else docker; ENGINE names another, ENGINE_FLAGS are more options of its "run".
# docs/doctor.md ("In a container") says why these privileges, and no more.
set -eu
cd "$(dirname "$0")/.."
engine=${ENGINE:-$(command -v podman || command -v docker)} || {
    echo "pushlab: neither podman nor docker is installed; accepted: one of them, or ENGINE=PROGRAM" >&2
    exit 1
}
name=pushlab-bench-$$
$engine build -t pushlab -f Containerfile --build-arg COMMIT="$(git describe --always --dirty 2>/dev/null || echo unknown)" .
trap '$engine rm -f "$name" >/dev/null 2>&1' EXIT
code=0
# shellcheck disable=SC2086
$engine run --name "$name" --network none --device /dev/net/tun --security-opt seccomp=unconfined --cap-drop all --cap-add SETFCAP \
    ${ENGINE_FLAGS:-} pushlab make "${1:-bench}" || code=$?
mkdir -p results
$engine cp "$name:/pushlab/results/." results
exit $code
