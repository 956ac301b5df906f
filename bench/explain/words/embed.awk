# embed.awk FILE...: lines of words as C on stdout, for bench/explain/annotate/explain_words.h.
# A line is KEY | MEANING | REFERENCE; the last two may be absent; # begins a comment. A key "tls NAME"
# stands for "tls1.3 NAME" and "tls1.2 NAME", with the reference before and behind a " / ".
function c_string(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
function put(key, meaning, ref) {
    if (NF > 3 || key in seen) {
        print FILENAME ":" FNR ": more than three columns, or a key for the second time" >"/dev/stderr"
        exit failed = 1
    }
    seen[key]
    print "    {" c_string(key) ", " c_string(meaning) ", " c_string(ref) "},"
}
BEGIN {
    FS = " *[|] *"
    print "#include \"bench/explain/annotate/explain_words.h\"\n"
    print "const struct explain_word_row explain_word_rows[] = {"
}
/^#/ || /^$/ { next }
/^tls / {
    split($3, refs, " / ")
    put("tls1.3" substr($1, 4), $2, refs[1])
    put("tls1.2" substr($1, 4), $2, refs[2])
    next
}
{ put($1, $2, $3) }
END { print "    {0},\n};"; exit failed }
