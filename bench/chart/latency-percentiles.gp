# What does the tail look like? Latency by percentile on a log tail axis, as HdrHistogram draws
# it: each decade to the right is ten times rarer.
load scripts_dir."/style.gp"
interval_note = "Bands around the lines: ".interval_words."."
question = "How late does an update arrive?"
note = "Further right is rarer: 90% means that one update in ten took longer. A line ends where ten updates are left: further out is chance."
legend_px = 34
load scripts_dir."/lines.gp"

array last_us[rows]
array last_tail[rows]
tail_high = 10
do for [i = 1:rows] {
    last_us[i] = NaN
    if (delivered[i] > 0) {
        stats percentiles(i) using (last_tail[i] = column("tail")):(last_us[i] = column("latency_us")) nooutput
        tail_high = max(tail_high, STATS_max_x)
    }
}

axis = "y"
load scripts_dir."/log_axis.gp"
if (has_floor) {
    set arrow from graph 0,first floor_us to graph 1,first floor_us nohead back \
        linecolor rgb soft_ink linewidth 1 dashtype solid
    set label floor_words(floor_us) at graph 1,first floor_us right offset -0.8,-0.7 font sized(0.85) \
        textcolor rgb soft_ink
}
set label "latency (log scale)" at screen x_px(26),graph 0.5 center rotate textcolor rgb soft_ink

set logscale x
set xrange [1:tail_high]
set format x ""
unset mxtics
set xtics ("0%%" 1, "50%%" 2, "75%%" 4, "90%%" 10)
do for [d = 2:9] {
    if (10 ** d <= tail_high) { set xtics add ("99".(d > 2 ? "." : "").substr("9999999", 1, d - 2)."%%" 10 ** d) }
}
set xlabel "percentile of updates" textcolor rgb soft_ink

# What the model says of the median, p90 and p99 of a row.
do for [k = 1:3] {
    array model[rows]
    tail = word("2 10 100", k) + 0
    stats rows_csv using (model[int($0) + 1] = column("latency_".word("p50 p90 p99", k)."_us_predicted"), 0) nooutput
    do for [i = 1:rows] {
        if (model[i] > 0 && tail <= last_tail[i]) {
            set label "" at first tail,model[i] front point @model_point
            set xlabel "percentile of updates   ".model_words textcolor rgb soft_ink
        }
    }
}

array want[rows]
do for [i = 1:rows] { want[i] = plot_height * decades(low, last_us[i]) / decades(low, high) }
gap = 16
bottom = 4
top = plot_height
load scripts_dir."/spread.gp"
beside(px) = 1 + (px + 0.0) / plot_width
do for [i = 1:rows] {
    if (delivered[i] > 0) {
        set arrow from first last_tail[i],last_us[i] to graph beside(12),put[i]/plot_height nohead \
            linecolor rgb line_colour(i) linewidth 1 dashtype solid
        set label name[i] at graph beside(16),put[i]/plot_height left textcolor rgb ink
    }
}
drawn(i) = delivered[i] > 0 ? percentiles(i) : "/dev/null"
bands = !repeated ? "" : "for [i = 1:rows] drawn(i) using 'tail':(within(column('low_us'), low, high))".\
    ":(within(column('high_us'), low, high)) ".band_style.", "
plot @bands for [i = 1:rows] drawn(i) using "tail":"latency_us" with lines \
        linecolor rgb line_colour(i) linewidth 2 dashtype dashes(i), \
    for [i = 1:rows] drawn(i) using "tail":"latency_us" every 20::(5 + 3 * i % 20) with points \
        linecolor rgb line_colour(i) linewidth 1 pointtype symbol(i) pointsize 0.7
