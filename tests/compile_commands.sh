#!/bin/sh
# compile_commands.sh 'CC FLAGS' FILE...: the compilation database, for clangd, on stdout.
set -eu
command=$1
shift
escaped=$(printf '%s' "$command" | sed 's/\\/\\\\/g; s/"/\\"/g')
sep='['
for file in "$@"; do
    printf '%s\n{"directory":"%s","file":"%s","command":"%s -c %s"}' "$sep" "$PWD" "$file" "$escaped" "$file"
    sep=','
done
printf '\n]\n'
