# embed.awk FILE...: the lines of words as C on stdout, for bench/explain/annotate/explain_words.h.
# A line is KEY | MEANING | REFERENCE; the last two may be absent; # begins a comment.
function c_string(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
BEGIN {
    FS = " *[|] *"
    print "#include \"bench/explain/annotate/explain_words.h\"\n"
    print "const struct explain_word_row explain_word_rows[] = {"
}
/^#/ || /^$/ { next }
NF > 3 || $1 in seen { print FILENAME ":" FNR ": more than three columns, or a key for the second time" >"/dev/stderr"; exit bad = 1 }
{ seen[$1]; print "    {" c_string($1) ", " c_string($2) ", " c_string($3) "}," }
END { print "    {0},\n};"; exit bad }
