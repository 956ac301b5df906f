# One panel of the overview: a dot at the median latency (of few updates the mean) and a line to the tail, a row
# each, with both values beside it. Placed and labelled as bars.gp says. Of another latency
# than an update's where the script names its columns of rows.csv, which are NaN without a value.
if (!exists("p50_column")) p50_column = "latency_".middle_column
if (!exists("end_column")) { end_column = "latency_".tail_column; end_name = tail_name }
if (!exists("none_words")) none_words = "no update"
array p50_us[rows]
array end_us[rows]
stats rows_csv using (p50_us[int($0) + 1] = column(p50_column), \
    end_us[int($0) + 1] = column(end_column), 0) nooutput
array interval_low[2 * rows] # of the dots, then of the lines' ends
array interval_high[2 * rows]
do for [i = 1:2 * rows] { interval_low[i] = NaN; interval_high[i] = NaN }
if (repeated) {
    do for [k = 0:1] {
        stats rows_csv using (i = int($0) + 1 + k * rows, \
            interval_low[i] = column((k == 0 ? p50_column : end_column)."_low"), \
            interval_high[i] = column((k == 0 ? p50_column : end_column)."_high"), 0) nooutput
    }
}
reach(i) = max(end_us[i], max(known(interval_high[i], 1), known(interval_high[rows + i], 1)))
load scripts_dir."/panel.gp"
has(i) = p50_us[i] == p50_us[i]
do for [i = 1:rows] { if (end_us[i] != end_us[i]) { end_us[i] = p50_us[i] } } # too few updates

smallest = 1e300
largest = 0
do for [i = 1:rows] {
    if (has(i)) {
        smallest = min(smallest, max(p50_us[i], 1))
        largest = max(largest, max(reach(i), 1))
    }
}
if (largest == 0) { smallest = 100; largest = 1e6 }
if (has_floor) { smallest = min(smallest, floor_us) }
low = 10.0 ** floor10(smallest * 0.8)
array written[rows]
array dot_at[rows]
array bar_share[rows]
do for [i = 1:rows] {
    bar_share[i] = has(i) ? decades(low, max(reach(i), 1)) / decades(low, largest) : 0
    written[i] = has(i) ? time_us(p50_us[i])."  ".end_name." ".time_us(end_us[i]) : none_words
}
load scripts_dir."/room.gp"
high = low * (largest / low) ** stretch
ticks_to = largest * 1.1
fine_decades = 0.3 * bars_px / (7 * char_px) # "200 ms" and "500 ms" are 0.4 apart, 500 and 1000 0.3
unset logscale
axis = "x"
tick_words = "tick_us"
load scripts_dir."/log_axis.gp"
set xlabel what textcolor rgb soft_ink
if (has_floor) {
    set arrow from first floor_us,graph 0 to first floor_us,graph 1 nohead front \
        linecolor rgb ink linewidth 0.8 dashtype solid
}
set yrange [rows + 0.5:0.5]
unset ytics
set grid noytics
set border 2
do for [i = 1:rows] {
    if (labelled) {
        set label name[i] at screen x_px(plot_left - 10),first i right textcolor rgb ink
    }
    at_x = has(i) ? reach(i) : low
    text_ink = has(i) ? ink : soft_ink
    at_dot = has(i) && decades(p50_us[i], reach(i)) / decades(low, high) * plot_width < 8 # beside it, not its line
    set label written[i] at first at_x,i left offset (at_dot ? 1.5 : 0.7),0 textcolor rgb text_ink
}
set label heading at screen x_px(plot_left),y_px(plot_top - 14 * zoom) left font bold(1) \
    textcolor rgb ink
$one << EOD
x
0
EOD
do for [i = 1:rows] { dot_at[i] = has(i) ? max(p50_us[i], low) : NaN }
line_of(i) = has(i) ? i : NaN
plot @dot_lines, \
    for [i = 1:rows] $one using (end_us[i]):(line_of(i)):(p50_us[i]):(end_us[i]) \
        with xerrorbars pointtype -1 linecolor rgb colour(i) linewidth 2 @interval_lines, @dots
unset label
unset arrow
fine_decades = 1e300
