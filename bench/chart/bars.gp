# One panel of horizontal bars, a row of the run each, every bar with its value beside it:
# metric names the column of rows.csv, words the function that writes a value, what the axis.
# Several columns are stacked; paints says how each is coloured (paint() in style.gp). A range
# of more than two decades gets a log axis (never a stack), and dots: a bar begins at 0. There a row of zero has
# no dot and says 0.
# split: 1 where a stack's value is followed by its parts. Each is rounded, so their sum may differ.
# The panel lies at plot_left, plot_right, plot_top, plot_bottom (px); labelled: with row names.
# heading, when not "", stands above it.
# Where the run has repeats a dark line at a bar's end, or through a dot, is its interval; a stack's is as wide as those of
# its parts together, if the whole has none of its own: never too narrow.
# whole, when there is one, is what all of it is, 100 for percent: then the axis goes from 0 to it.
# predicted_column, when there is one, is the column of what the model says: a diamond (style.gp)
# at the bar's lower edge, where it hides neither interval nor value.
if (!exists("whole")) whole = 0
if (!exists("predicted_column")) predicted_column = ""
array model[rows]
do for [i = 1:rows] { model[i] = NaN }
if (predicted_column ne "") {
    stats rows_csv using (model[int($0) + 1] = column(predicted_column), 0) nooutput
}
parts = words(metric)
array part[rows * parts]
do for [k = 1:parts] {
    stats rows_csv using (part[int($0) * parts + k] = column(word(metric, k)), 0) nooutput
}
up_to(i, k) = k == 0 ? 0 : up_to(i, k - 1) + part[(i - 1) * parts + k]
array interval_low[rows]
array interval_high[rows]
do for [i = 1:rows] { interval_low[i] = repeated ? 0 : up_to(i, parts); interval_high[i] = interval_low[i] }
if (repeated) {
    intervals_of = metric eq wire_bytes ? "wire_bytes_per_update" : metric
    do for [k = 1:words(intervals_of)] {
        stats rows_csv using (i = int($0) + 1, c = word(intervals_of, k), \
            interval_low[i] = interval_low[i] + known(column(c."_low"), column(c)), \
            interval_high[i] = interval_high[i] + known(column(c."_high"), column(c)), 0) nooutput
    }
}
load scripts_dir."/panel.gp"

largest = 0
smallest = 1e300
array total[rows]
array written[rows]
do for [i = 1:rows] {
    total[i] = up_to(i, parts)
    if (whole > 0 && interval_high[i] > whole) { interval_high[i] = whole }
    largest = interval_high[i] > largest ? interval_high[i] : largest
    smallest = total[i] > 0 && total[i] < smallest ? total[i] : smallest
    eval sprintf("written[i] = %s(total[i])", words)
    if (split && total[i] > 0) {
        do for [k = 1:parts] {
            written[i] = written[i].(k == 1 ? "  (" : " + ").three(part[(i - 1) * parts + k])
        }
        written[i] = written[i].")"
    }
}
logarithmic = whole == 0 && parts == 1 && largest > 100 * smallest
largest = max(largest, whole)
do for [i = 1:rows] { largest = model[i] > largest ? model[i] : largest }
largest = largest > 0 ? largest : 1
low = logarithmic ? 10.0 ** floor10(smallest * 0.6) : 0
array bar_share[rows]
do for [i = 1:rows] {
    bar_share[i] = !(interval_high[i] > low) ? 0 : \
        logarithmic ? decades(low, interval_high[i]) / decades(low, largest) : interval_high[i] / largest
}
do for [i = 1:rows] {
    if (model[i] > max(low, total[i])) {
        bar_share[i] = logarithmic ? decades(low, model[i]) / decades(low, largest) : model[i] / largest
    }
}
load scripts_dir."/room.gp"

has_model(i) = model[i] > low
do for [i = 1:rows] { what = has_model(i) && !strstrt(what, model_words) ? what."   ".model_words : what }
unset logscale
if (logarithmic) {
    high = low * (largest / low) ** stretch
    ticks_to = largest * 1.1 # beyond, there is only text
    axis = "x"
    tick_words = words eq "time_us" ? "tick_us" : "tick"
    load scripts_dir."/log_axis.gp"
} else {
    set xrange [0:largest * stretch]
    set xtics 0,step125(largest, min(6, bars_px / (5.0 * char_px))),largest * 1.02
    set format x "%g"
}
set xlabel what.(logarithmic ? " (log scale)" : "") textcolor rgb soft_ink
set yrange [rows + 0.5:0.5]
unset ytics
set grid noytics
set border 2

thick = min(0.33, 22.0 * zoom * rows / plot_height) # of the distance between rows
do for [i = 1:rows] {
    if (labelled) {
        set label name[i] at screen x_px(plot_left - 10),first i right textcolor rgb ink
    }
    at_x = interval_high[i] > low ? interval_high[i] : low
    text_ink = total[i] == total[i] ? ink : soft_ink
    if (has_model(i)) {
        set label "" at first model[i],i + thick front point @model_halo
        set label "" at first model[i],i + thick front point @model_point
    }
    set label written[i] at first at_x,i left offset (logarithmic && total[i] > 0 ? 1.5 : 0.7),0 textcolor rgb text_ink
}
set label heading at screen x_px(plot_left),y_px(plot_top - 14 * zoom) left font bold(1) \
    textcolor rgb ink
$one << EOD
x
0
EOD
line_of(i, k) = up_to(i, k) > max(low, up_to(i, k - 1)) ? i : NaN # none for nothing
array dot_at[rows]
do for [i = 1:rows] { dot_at[i] = total[i] > 0 ? total[i] : NaN }
if (logarithmic) {
    plot @dot_lines @interval_lines, @dots
} else {
    plot for [k = 1:parts] for [i = 1:rows] $one using (low):(line_of(i, k)) \
            :(max(low, up_to(i, k - 1))):(up_to(i, k)):(i - thick):(i + thick) \
            with boxxyerror fillcolor rgb paint(i, word(paints, k)) \
            fillstyle solid 1 border linecolor rgb edge(i, word(paints, k)) linewidth 1 @interval_lines
}
unset label
unset arrow
