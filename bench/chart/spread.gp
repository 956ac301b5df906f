# Labels beside each other without overlaps: want[1..rows] are heights in px (NaN: no label);
# put[1..rows] become the nearest heights at least gap px apart within bottom..top.
array order[rows]
labels = 0
array put[rows]
do for [i = 1:rows] {
    put[i] = want[i]
    if (want[i] == want[i]) { labels = labels + 1; order[labels] = i }
}
do for [a = 1:labels - 1] {
    do for [b = 1:labels - a] {
        if (want[order[b]] > want[order[b + 1]]) {
            t = order[b]; order[b] = order[b + 1]; order[b + 1] = t
        }
    }
}
do for [round = 1:300] {
    do for [a = 1:labels - 1] {
        near = gap - (put[order[a + 1]] - put[order[a]])
        if (near > 0) {
            put[order[a]] = put[order[a]] - near / 2
            put[order[a + 1]] = put[order[a + 1]] + near / 2
        }
    }
    do for [a = 1:labels] {
        put[order[a]] = min(top - (labels - a) * gap, max(bottom + (a - 1) * gap, put[order[a]]))
    }
}
