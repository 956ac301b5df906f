#!/bin/sh
# embed.sh FILE...: texts as C on stdout, the list template_files[] (bench/page/template.h).
set -eu

rows=
n=0
echo '#include "bench/page/template.h"'
for file in "$@"; do
    printf '\nstatic const unsigned char file_%d[] = { /* %s */\n' "$n" "$file"
    od -An -v -tu1 -w24 "$file" | sed 's/^ *//; s/  */,/g; s/$/,/'
    echo '0};'
    rows="$rows    {\"$(basename "$file")\", (const char *)file_$n},
"
    n=$((n + 1))
done
printf '\nconst struct template_file template_files[] = {\n%s    {0},\n};\n' "$rows"
