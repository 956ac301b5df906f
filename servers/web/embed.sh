#!/bin/sh
# embed.sh FILE...: the files of the live page as C on stdout, one struct web_asset each
# (servers/web/web_assets.h). index.html is the page itself, the others lie under /web/.
set -eu

type_of() {
    case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *) echo "embed.sh: $1: no media type for it" >&2; exit 1 ;;
    esac
}

rows=
n=0
echo '#include "servers/web/web_assets.h"'
for file in "$@"; do
    name=$(basename "$file")
    type=$(type_of "$name")
    etag=$(sha256sum <"$file" | cut -c 1-16)
    path=/web/$name
    [ "$name" = index.html ] && path=/
    printf '\nstatic const unsigned char asset_%d[] = { /* %s */\n' "$n" "$name"
    od -An -v -tu1 -w24 "$file" | sed 's/^ *//; s/  */,/g; s/$/,/'
    echo '};'
    rows="$rows    {\"$path\", \"$type\", \"\\\"$etag\\\"\", asset_$n, sizeof asset_$n},
"
    n=$((n + 1))
done
printf '\nconst struct web_asset web_assets[] = {\n%s    {0},\n};\n' "$rows"
