# What share of the updates arrives within a given time? The cumulative distribution.
load scripts_dir."/style.gp"
interval_note = "Bands around the lines: ".interval_words."."
question = "What share of updates has arrived after a given time?"
note = "Further left and steeper is better: a vertical line means that all updates took the same time."
legend_px = 72
load scripts_dir."/lines.gp"

axis = "x"
load scripts_dir."/log_axis.gp"
set xlabel "latency (log scale)" textcolor rgb soft_ink
set yrange [0:100]
set ytics 25 format "%g%%"
if (has_floor) {
    set arrow from first floor_us,graph 0 to first floor_us,graph 1 nohead back \
        linecolor rgb soft_ink linewidth 1 dashtype solid
    set label floor_words(floor_us) at first floor_us,graph 0.98 right rotate offset -0.9,0 \
        font sized(0.85) textcolor rgb soft_ink
}
set label "updates received" at screen x_px(26),graph 0.5 center rotate textcolor rgb soft_ink

line_px = min(23, plot_height / rows)
do for [i = 1:rows] {
    if (delivered[i] > 0) {
        x = width - plot_right + 18
        y = plot_top + (i - 0.5) * line_px
        set arrow from screen x_px(x),y_px(y) to screen x_px(x + 40),y_px(y) nohead \
            linecolor rgb line_colour(i) linewidth 2 dashtype dashes(i)
        set label "" at screen x_px(x + 20),y_px(y) point linecolor rgb line_colour(i) \
            linewidth 1 pointtype symbol(i) pointsize 0.7
        set label name[i] at screen x_px(x + 48),y_px(y) left textcolor rgb ink
    }
}
drawn(i) = delivered[i] > 0 ? distribution(i) : "/dev/null"
bands = !repeated ? "" : \
    "for [i = 1:rows] drawn(i) using 'latency_us':'low_percent':'high_percent' ".band_style.", "
plot @bands for [i = 1:rows] drawn(i) using "latency_us":"percent" with lines \
        linecolor rgb line_colour(i) linewidth 2 dashtype dashes(i), \
    for [i = 1:rows] drawn(i) using "latency_us":"percent" every 60::(30 + 9 * i % 60) with points \
        linecolor rgb line_colour(i) linewidth 1 pointtype symbol(i) pointsize 0.7
