#!/bin/sh
# manual.sh PROGRAMS OUT DATADIR: what the programs in the folder PROGRAMS say of their own options,
# as man pages in OUT/man1 and completion for bash, zsh and fish in OUT/completion. Scenarios and
# links are looked for in DATADIR, too, where pushlab is installed.
set -eu
programs=$1 out=$2 datadir=$3
here=$(dirname "$0")
unset PUSHLAB_SERVER PUSHLAB_CLIENT

# Pages are as old as the last commit, so that building them twice makes the same bytes.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)
fi
export SOURCE_DATE_EPOCH

table=$out/completion/table
mkdir -p "$out/man1" "$out/completion"

# A command may answer in another's name: pushlab serve is pushlab-server.
write_command() { # write_command PROGRAM COMMAND
    rows=$("$programs/$1" "$2" --help=table)
    speaks=$(printf '%s\n' "$rows" | sed -n '1s/	.*//p')
    if [ "$speaks" = "$1 $2" ]; then
        "$programs/$1" "$2" --help=man >"$out/man1/$1-$2.1"
    else
        ln -sf "$speaks.1" "$out/man1/$1-$2.1"
    fi
    printf '%s\n' "$rows" | sed -e '/^[^	]*	command	/d' -e "s/^[^	]*/$1 $2/" >>"$table"
}

: >"$table"
for program in pushlab pushlab-server pushlab-client pushlab-link; do
    "$programs/$program" --help=man >"$out/man1/$program.1"
    "$programs/$program" --help=table >>"$table"
    for command in $("$programs/$program" --help=table | awk -F '\t' '$2 == "command" { print $3 }'); do
        write_command "$program" "$command"
    done
done

# fill SCRIPT TABLE: the script with the table's lines in the place of @TABLE@
fill() {
    sed -e "s|@DATADIR@|$datadir|g" "$1" | awk -v table="$2" '
        (at = index($0, "@TABLE@")) {
            printf "%s", substr($0, 1, at - 1)
            for (n = 0; (getline line <table) > 0; n++) printf "%s%s", n ? "\n" : "", line
            print substr($0, at + 7)
            next
        }
        { print }'
}

cut -f 1-5 "$table" >"$table.short"
sed -e 's/\\/\\\\/g' -e "s/'/\\\\'/g" "$table" >"$table.quoted"
fill "$here/completion/pushlab.bash" "$table.short" >"$out/completion/pushlab.bash"
fill "$here/completion/pushlab.zsh" "$table" >"$out/completion/pushlab.zsh"
fill "$here/completion/pushlab.fish" "$table.quoted" >"$out/completion/pushlab.fish"
rm "$table" "$table.short" "$table.quoted"
