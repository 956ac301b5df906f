# Reads tests/layers.txt, then
#   -v mode=make   writes, for each room, what it is linked with: "uses.ROOM := ROOM ..."; a room
#                  stands before those it uses, as the linker wants archives
#   -v mode=check  reads "FILE:LINE:#include "HEADER"" lines (grep -n); prints the includes that the
#                  table does not allow and the circles of files that it does not list; exit 1 if
#                  there are any, or if the rooms of the table form a circle
function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
function complain(what) { print what; bad = 1 }

# ---- rooms

function visit(room,    i, n, next_rooms) {
    if (state[room] == 2) return
    if (state[room] == 1) {
        if (mode == "check") complain("tests/layers.txt: a circle through " room)
        return
    }
    if (!(room in allowed)) { complain("tests/layers.txt: '" room "' has no line of its own"); return }
    state[room] = 1
    n = split(allowed[room], next_rooms, " ")
    for (i = 1; i <= n; i++) visit(next_rooms[i])
    state[room] = 2
    order = room " " order
}

# ---- files: NAME.c and NAME.h are one module, and a strongly connected component of modules is a
# circle (Tarjan 1972)

function find_circle(module,    i, n, targets, other, members, count) {
    number[module] = lowest[module] = ++visited
    stack[++depth] = module; on_stack[module] = 1
    n = split(edges[module], targets, " ")
    for (i = 1; i <= n; i++) {
        other = targets[i]
        if (!(other in number)) {
            find_circle(other)
            if (lowest[other] < lowest[module]) lowest[module] = lowest[other]
        } else if (on_stack[other] && number[other] < lowest[module]) lowest[module] = number[other]
    }
    if (lowest[module] != number[module]) return
    do {
        other = stack[depth--]; on_stack[other] = 0
        members = members " " other; count++
    } while (other != module)
    if (count > 1) judge_circle(members)
}
function sort(a, n,    i, k, swap) {
    for (i = 1; i < n; i++)
        for (k = i + 1; k <= n; k++)
            if (a[k] < a[i]) { swap = a[i]; a[i] = a[k]; a[k] = swap }
}
# Each of its members must be listed as one of the same circle.
function judge_circle(members,    i, n, module, line) {
    n = split(members, module, " ")
    sort(module, n)
    members = ""
    for (i = 1; i <= n; i++) { in_circle[module[i]] = 1; members = members " " module[i] }
    line = listed[module[1]]
    for (i = 2; i <= n; i++) if (listed[module[i]] != line) line = ""
    if (line == "") complain("files include each other in a circle:" members " (tests/layers.txt)")
}

# ---- input

FNR == NR {
    if ($0 ~ /^#/ || $0 !~ /:/) next
    if (sub(/^circle /, "")) {
        circles++; sub(/:/, "")
        for (i = 1; i <= NF; i++) listed[$i] = circles
        next
    }
    room = $0; sub(/:.*/, "", room); sub(/^[^:]*: */, "")
    allowed[room] = $0; rooms[++nrooms] = room
    next
}
mode == "check" {
    split($0, at, ":")
    header = $0; sub(/^[^"]*"/, "", header); sub(/".*/, "", header)
    from = folder(at[1]); sub(/^tests\/unit\//, "", from); to = folder(header)
    if (to !~ /^(lib|servers|clients|bench)(\/|$)/) next
    if (at[1] !~ /^tests\// && header ~ /\.h$/) {
        module = substr(at[1], 1, length(at[1]) - 2); other = substr(header, 1, length(header) - 2)
        if (module != other) edges[module] = edges[module] " " other
    }
    if (from == to) next
    if (!(from in allowed)) complain(at[1] ":" at[2] ": tests/layers.txt has no line for " from)
    else if (index(" " allowed[from] " ", " " to " ") == 0)
        complain(at[1] ":" at[2] ": " from " must not include " header " (tests/layers.txt)")
}
END {
    for (r = 1; r <= nrooms; r++) {
        order = ""
        if (mode == "make") { for (s in state) delete state[s] }
        visit(rooms[r])
        if (mode == "make") print "uses." rooms[r] " := " order
    }
    if (mode == "check") {
        for (module in edges) if (!(module in number)) find_circle(module)
        for (module in listed)
            if (!(module in in_circle)) complain("tests/layers.txt: " module " is in no circle any more; delete it there")
    }
    exit bad
}
