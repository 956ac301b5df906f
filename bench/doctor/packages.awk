# bench/packages.txt as C on stdout: a struct doctor_tool for each check (bench/doctor/doctor.h).
function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
function value() { sub(/^ *[a-z]+ */, ""); return $0 }
/^#/ || NF == 0 { next }
/^[a-z0-9]/ { sub(/:.*/, "", $1); package = $1; next }
$1 == "check" {
    if (!($2 in packages)) names[++n] = $2
    packages[$2] = packages[$2] (packages[$2] == "" ? "" : " ") package
    check = $2
    next
}
$1 == "version" { option[check] = $2; oldest[check] = $3; next }
$1 == "main" || $1 == "optional" { is[check, $1] = 1; next }
{ key = $1; said[check, key] = value() }
END {
    print "#include \"bench/doctor/doctor.h\"\n\nconst struct doctor_tool doctor_tools[] = {"
    for (i = 1; i <= n; i++) {
        c = names[i]
        printf "    {.check = {%s, %s, %s},\n", text(c), is[c, "main"] ? "true" : "false", text(said[c, "for"])
        printf "     .optional = %s, .programs = %s, .packages = %s,\n", is[c, "optional"] ? "true" : "false",
            text(said[c, "program"]), text(packages[c])
        printf "     .version_option = %s, .oldest = %s,\n", text(option[c]), oldest[c] == "" ? 0 : oldest[c]
        printf "     .proof = %s,\n     .lacking = %s, .cure = %s},\n", text(said[c, "proof"]),
            text(said[c, "lacking"]), text(said[c, "cure"])
    }
    print "    {.check = {0}},\n};"
}
