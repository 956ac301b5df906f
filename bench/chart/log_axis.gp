# Ticks for a log axis from low to high: axis is "x" or "y", tick_words the name of the function
# that turns a value into its label. A small range has more labels per decade than a large one.
# Ticks end at ticks_to where the script says so.
eval sprintf("set logscale %s; set format %s ''; unset m%stics", axis, axis, axis)
# Slightly wider, so that rounding does not lose the ticks at both ends.
eval sprintf("set %srange [%g:%g]; set %stics ()", axis, low * 0.9999, high * 1.0001, axis)
labelled_every = int(ceil(decades(low, min(high, ticks_to)) / most_labels))
do for [d = floor10(low):floor10(high)] {
    do for [m = 1:9] {
        v = m * 10.0 ** d
        if (between(v, low, min(high, ticks_to))) {
            big = (m == 1 && (d - floor10(low)) % labelled_every == 0) || \
                ((m == 2 || m == 5) && decades(low, min(high, ticks_to)) < min(0.42 * most_labels, fine_decades))
            eval sprintf("tick_text = big ? %s(v) : ''", tick_words)
            eval sprintf("set %stics add (tick_text v %d)", axis, big ? 0 : 1)
        }
    }
}
