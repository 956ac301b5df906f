#!/bin/sh
# Install the packages of bench/packages.txt.
#   deps.sh build|bench|balancers|workshop|test|self|deb   install what is missing, or print the command and stop
# For Debian and Ubuntu. It installs as root or with sudo -n; if neither is possible it prints the command.
set -eu

list=$(dirname "$0")/packages.txt
packages_of() { # print the packages of these sets
    awk -v sets=" $* " -F '[: ]+' '/^[a-z0-9]/ {
        for (i = 2; i <= NF; i++) if ($i != "" && index(sets, " " $i " ")) { print $1; next }
    }' "$list"
}

# One at a time: apt has a lock, and `make -j` may run this for two sets at once.
exec 9<"$0"
if command -v flock >/dev/null 2>&1; then flock 9; fi

say() { printf 'pushlab: %s\n' "$*" >&2; }

missing() { # print the packages of $@ that are not installed
    for p in "$@"; do
        dpkg-query -W -f='${Status}\n' "$p" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$p"
    done
}

# llhttp: the distribution's library if it has one, else Debian 12's C sources.
llhttp() {
    if pkg-config --exists libllhttp 2>/dev/null || [ -e /usr/include/llhttp.h ]; then return; fi
    [ -e /usr/share/llhttp/llhttp.c ] && return
    if apt-cache show libllhttp-dev >/dev/null 2>&1; then echo libllhttp-dev; else echo node-llhttp; fi
}

# nodejs may be installed from another source, which includes npm; in Debian npm is its own package.
without_present_tools() {
    for p in "$@"; do
        case $p in
        nodejs) command -v node >/dev/null 2>&1 || echo "$p" ;;
        npm) command -v npm >/dev/null 2>&1 || echo "$p" ;;
        # Ubuntu has it only as a snap, so the tests of the live page are skipped there.
        chromium) if apt-cache show "$p" >/dev/null 2>&1; then echo "$p"; fi ;;
        *) echo "$p" ;;
        esac
    done
}

# pushlab starts the daemons itself, in the foreground and with its own configurations. So the
# installation must not start them, neither now nor at the next boot.
# shellcheck disable=SC2016
quietly='
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy
fi
apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "$@" || exit
for p in "$@"; do
    case $p in
    nginx*) systemctl --quiet disable nginx 2>/dev/null ;;
    haproxy | redis-server) systemctl --quiet disable "$p" 2>/dev/null ;;
    esac
done
exit 0'

case ${1:-} in
build) want=build ;;
bench) want="build bench" ;;
balancers | workshop | test) want="build bench $1" ;;
self | deb) want="build $1" ;;
*) say "deps.sh: '${1:-}' is not a set of packages; accepted: build, bench, balancers, workshop, test, self, deb"; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then exit 0; fi # not Debian: the compiler reports missing libraries
# shellcheck disable=SC2046,SC2086
need=$(missing $(without_present_tools $(packages_of $want)))
if [ -z "$need$(llhttp)" ]; then exit 0; fi

if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else
    say "these packages are missing; run:  sudo apt-get install --no-install-recommends $need $(llhttp)"
    exit 1
fi
say "installing $need$(llhttp)"
export DEBIAN_FRONTEND=noninteractive
# The lists have a lock of their own, which apt does not wait for.
waited=0
until problem=$($as_root apt-get -o DPkg::Lock::Timeout=300 update -qq 2>&1); do
    case $problem in *"get lock"*) ;; *) waited=300 ;; esac
    if [ $waited -ge 300 ]; then
        # Packages that are known already can still be installed.
        say "apt-get update failed: $problem"
        break
    fi
    [ $waited -gt 0 ] || say "another program holds apt's lock; waiting up to 5 minutes"
    sleep 5
    waited=$((waited + 5))
done
# shellcheck disable=SC2046,SC2086
$as_root sh -c "$quietly" sh $need $(llhttp) >/dev/null || {
    say "this failed:  apt-get install --no-install-recommends $need$(llhttp)"
    exit 1
}
