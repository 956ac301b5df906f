# embed.awk -v headers=HEADERS FILE: what a text file says, as C on stdout; HEADERS declare it.
# NAME.lua: its lines without comments, as one string: const char NAME[].
# Other files: lists, const char *const NAME[] each. [NAME] begins one, # begins a comment line.
function c_string(text) { gsub(/\\/, "&&", text); gsub(/"/, "\\\"", text); return "\"" text }
BEGIN {
    n = split(headers, header, " ")
    for (i = 1; i <= n; i++) print "#include \"" header[i] "\""
}
FILENAME ~ /[.]lua$/ {
    if (FNR == 1) {
        name = FILENAME
        gsub(/.*\/|[.]lua$/, "", name)
        printf "%sconst char %s[] =", end, name
        end = ";\n"
    }
    if (!/^ *--/) printf "\n    %s\\n\"", c_string($0)
    next
}
/^#/ || /^$/ { next }
/^\[/ {
    gsub(/[][]/, "")
    printf "%sconst char *const %s[] = {\n", end, $0
    end = "};\n"
    next
}
{ print "    " c_string($0) "\"," }
END { printf "%s", end }
