#!/bin/sh
# manual.sh PROGRAMS OUT DATADIR: write man pages to OUT/man1 and completion for bash, zsh and fish to
# OUT/completion, from the option tables of the programs in the folder PROGRAMS. Completion looks for
# scenarios and links also in DATADIR, where pushlab is installed.
set -eu
programs=$1 out=$2 datadir=$3
here=$(dirname "$0")
unset PUSHLAB_SERVER PUSHLAB_CLIENT

# Pages have the date of the last commit, so that a second build writes the same bytes.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct 2>/dev/null || date +%s)
fi
export SOURCE_DATE_EPOCH

table=$out/completion/table
mkdir -p "$out/man1" "$out/completion"

# A command may print another program's table: pushlab serve is pushlab-server.
write_command() { # write_command PROGRAM COMMAND
    rows=$("$programs/$1" "$2" --help=table)
    page=$(printf '%s\n' "$rows" | sed -n '1s/	.*//p')
    if [ "$page" = "$1 $2" ]; then
        "$programs/$1" "$2" --help=man >"$out/man1/$1-$2.1"
    else
        ln -sf "$page.1" "$out/man1/$1-$2.1"
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

# fill SCRIPT TABLE: print the script with @TABLE@ replaced by the table's lines
fill() {
    sed -e "s|@DATADIR@|$(printf '%s' "$datadir" | sed 's/[&|\\]/\\&/g')|g" "$1" | awk -v table="$2" '
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
