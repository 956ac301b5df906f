# Of bench/packages.txt, as a list with commas:
#   want=build     what compiling takes
#   want=depends   what a run takes
#   want=suggests  what some scenarios take
function keep() {
    if (package != "" && (want == "build" ? set["build"] : set["bench"] || set["balancers"])) {
        needed = set["bench"] && (!checked || main)
        if (want == "build" || needed == (want == "depends"))
            list = list (list == "" ? "" : ", ") package
    }
    package = ""; checked = main = 0; delete set
}
/^#/ || NF == 0 { next }
/^[a-z0-9]/ { keep(); package = $1; sub(/:$/, "", package); for (i = 2; i <= NF; i++) set[$i] = 1 }
$1 == "check" { checked = 1 }
$1 == "main" { main = 1 }
END { keep(); print list }
