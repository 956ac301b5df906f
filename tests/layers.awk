# Reads tests/layers.txt, then
#   -v mode=make   writes, for each room, what it is linked with: "uses.ROOM := ROOM ..."; a room
#                  stands before those it uses, as the linker wants archives
#   -v mode=check  reads "FILE:LINE:#include "HEADER"" lines (grep -n) and prints the includes that
#                  the table does not allow; exit 1 if there are any, or if the table has a circle
function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
function visit(room, top,    i, n, next_rooms) {
    if (state[room] == 2) return
    if (state[room] == 1) {
        if (mode == "check") { print "tests/layers.txt: a circle through " room; bad = 1 }
        return
    }
    if (!(room in allowed)) { print "tests/layers.txt: '" room "' has no line of its own"; bad = 1; return }
    state[room] = 1
    n = split(allowed[room], next_rooms, " ")
    for (i = 1; i <= n; i++)
        if (next_rooms[i] !~ /^!/ || mode == "make") { sub(/^!/, "", next_rooms[i]); visit(next_rooms[i], top) }
    state[room] = 2
    order = room " " order
}
FNR == NR {
    if ($0 ~ /^#/ || $0 !~ /:/) next
    room = $0; sub(/:.*/, "", room); sub(/^[^:]*: */, "")
    allowed[room] = $0; rooms[++nrooms] = room
    next
}
mode == "check" {
    split($0, at, ":")
    header = $0; sub(/^[^"]*"/, "", header); sub(/".*/, "", header)
    from = folder(at[1]); sub(/^tests\/unit\//, "", from); to = folder(header)
    if (to !~ /^(lib|servers|clients|bench)(\/|$)/ || from == to) next
    if (!(from in allowed)) { print at[1] ":" at[2] ": tests/layers.txt has no line for " from; bad = 1 }
    else if (index(" " allowed[from] " ", " " to " ") == 0 && index(" " allowed[from] " ", " !" to " ") == 0) {
        print at[1] ":" at[2] ": " from " must not include " header " (tests/layers.txt)"; bad = 1
    }
}
END {
    for (r = 1; r <= nrooms; r++) {
        order = ""
        if (mode == "make") { for (s in state) delete state[s] }
        visit(rooms[r])
        if (mode == "make") print "uses." rooms[r] " := " order
    }
    exit bad
}
