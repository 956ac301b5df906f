# One panel of horizontal bars, a row of the run each, every bar with its value beside it:
# metric names the column of rows.csv, words the function that writes a value, what the axis.
# stacked_on, when not "", names a column drawn first, in grey. A range of more than two
# decades gets a log axis (never a stack), where a row of zero has no bar and says 0.
# split: a stack's value is followed by its two parts.
# The panel lies at plot_left, plot_right, plot_top, plot_bottom (px); labelled: with row names.
# heading, when not "", stands above it.
array base[rows]
array value[rows]
stats rows_csv using (base[int($0) + 1] = stacked_on eq "" ? 0 : column(stacked_on), \
    value[int($0) + 1] = column(metric), 0) nooutput
load scripts_dir."/panel.gp"

largest = 0
smallest = 1e300
array written[rows]
do for [i = 1:rows] {
    total = base[i] + value[i]
    largest = total > largest ? total : largest
    smallest = total > 0 && total < smallest ? total : smallest
    eval sprintf("written[i] = %s(total)", words)
    if (split && total == total) {
        written[i] = written[i].sprintf("  (%.0f + %.0f)", base[i], value[i])
    }
}
logarithmic = stacked_on eq "" && largest > 100 * smallest
largest = largest > 0 ? largest : 1
low = logarithmic ? 10.0 ** floor10(smallest * 0.6) : 0
array bar_share[rows]
do for [i = 1:rows] {
    total = base[i] + value[i]
    bar_share[i] = !(total > low) ? 0 : \
        logarithmic ? decades(low, total) / decades(low, largest) : total / largest
}
load scripts_dir."/room.gp"

unset logscale
if (logarithmic) {
    high = low * (largest / low) ** stretch
    ticks_to = largest * 1.1 # beyond, there is only text
    axis = "x"
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

do for [i = 1:rows] {
    total = base[i] + value[i]
    if (labelled) {
        set label name[i] at screen x_px(plot_left - 10),first i right textcolor rgb ink
    }
    at_x = total > low ? total : low
    text_ink = total == total ? ink : soft_ink
    set label written[i] at first at_x,i left offset 0.7,0 textcolor rgb text_ink
}
set label heading at screen x_px(plot_left),y_px(plot_top - 14 * zoom) left font bold(1) \
    textcolor rgb ink
$one << EOD
x
0
EOD
thick = min(0.33, 22.0 * zoom * rows / plot_height) # of the distance between rows
line_of(i, end) = end > low ? i : NaN # none for zero
plot for [i = 1:rows] $one using (low):(line_of(i, base[i])):(low):(base[i]) \
        :(i - thick):(i + thick) with boxxyerror linecolor rgb neutral, \
    for [i = 1:rows] $one using (low):(line_of(i, base[i] + value[i])) \
        :(max(low, base[i])):(base[i] + value[i]):(i - thick):(i + thick) \
        with boxxyerror fillcolor rgb fill(i) \
        fillstyle solid 1 border linecolor rgb colour(i) linewidth 1
unset label
unset arrow
