#!/bin/sh
# install.sh PROGRAMS DESTDIR PREFIX: copy the programs of that folder, what comes along with them
# (bench/base/data_find.h finds it from there), and what bench/manual.sh has written below it, into
# DESTDIR/PREFIX. Names may hold blanks. To be run in the source tree.
set -eu
programs=$1 prefix=$3
root=$2$prefix
share=$root/share data=$root/share/pushlab

# into FOLDER FILE...
into() {
    folder=$1
    shift
    install -d "$folder"
    install -m 644 "$@" "$folder"
}

install -d "$root/bin"
for program in pushlab pushlab-server pushlab-client pushlab-link; do
    install -m 755 "$programs/$program" "$root/bin"
done
into "$data/charts" bench/chart/*.gp
into "$data/links" bench/link/profiles/*.link
into "$data/scenarios" bench/scenarios/*.json
into "$data/scenarios/balancers" bench/scenarios/balancers/*
into "$data/studies" bench/studies/*

into "$share/man/man1" "$programs/manual/man1/"*.1
into "$share/bash-completion/completions" "$programs/manual/completion/pushlab.bash"
into "$share/zsh/site-functions" "$programs/manual/completion/pushlab.zsh"
into "$share/fish/vendor_completions.d" "$programs/manual/completion/pushlab.fish"
mv "$share/bash-completion/completions/pushlab.bash" "$share/bash-completion/completions/pushlab"
mv "$share/zsh/site-functions/pushlab.zsh" "$share/zsh/site-functions/_pushlab"
for program in server client link; do
    ln -sf pushlab "$share/bash-completion/completions/pushlab-$program"
    ln -sf pushlab.fish "$share/fish/vendor_completions.d/pushlab-$program.fish"
done
echo "installed: $root/bin/pushlab"
