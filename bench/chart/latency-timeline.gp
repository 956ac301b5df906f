# The latency of each update that one client received, over time: a panel per row, all with the
# same axes, a dot per update.
load scripts_dir."/style.gp"
interval_note = "The updates are those of the first repeat, the medians those of the whole row."
question = "What does one client experience? The latency of each update"
note = "Each dot is an update, placed when it was due. All panels have the same axes."
if (has_floor) { note = note." The line: ".floor_words(floor_us)."." }
columns = rows == 4 ? 2 : rows <= 3 ? rows : rows <= 9 ? (rows == 7 || rows == 8 ? 4 : 3) : rows <= 16 ? 4 : 6
lines = (rows + columns - 1) / columns
panel_height = lines == 1 ? 260 : lines == 2 ? 170 : 128
title_px = 38
width = 800
height = 70 + lines * (panel_height + title_px) + 84 + foot_px
load scripts_dir."/open.gp"

fastest = 1e12
slowest = 0
longest_s = 0
do for [i = 1:rows] {
    if (delivered[i] > 0) {
        stats timeline(i) using (column("published_s")):(column("latency_us")) nooutput
        if (STATS_records > 0) {
            fastest = min(fastest, STATS_min_y)
            slowest = max(slowest, STATS_max_y)
            longest_s = max(longest_s, STATS_max_x)
        }
    }
}
if (slowest == 0) { fastest = 100; slowest = 1e6 }
if (longest_s == 0) { longest_s = 1 }
if (has_floor) {
    fastest = min(fastest, floor_us)
    slowest = max(slowest, floor_us)
}

array p50_us[rows]
stats rows_csv using (p50_us[int($0) + 1] = column("latency_p50_us"), 0) nooutput

axes_px = 92
between_px = 14
panel_width = (width - axes_px - 24 - (columns - 1) * between_px) / columns
set multiplot
set label "latency (log scale)" at screen x_px(20),y_px((70 + height - 84 - foot_px) / 2) center rotate textcolor rgb soft_ink
set label "seconds into the measured window" at screen x_px((axes_px + width - 24) / 2),y_px(height - 42 - foot_px) \
    center textcolor rgb soft_ink
do for [i = 1:rows] {
    at_column = (i - 1) % columns
    at_line = (i - 1) / columns
    plot_left = axes_px + at_column * (panel_width + between_px)
    plot_right = width - plot_left - panel_width
    plot_top = 70 + at_line * (panel_height + title_px) + title_px
    plot_bottom = height - plot_top - panel_height
    load scripts_dir."/panel.gp"
    axis = "y"
    low = fastest * 0.6
    high = slowest * 1.8
    tick_words = at_column == 0 ? "tick_us" : "no_tick"
    load scripts_dir."/log_axis.gp"
    set xrange [0:longest_s]
    set xtics 0,step125(longest_s, min(8, panel_width / 30)),longest_s
    if (has_floor) {
        set arrow from graph 0,first floor_us to graph 1,first floor_us nohead back \
            linecolor rgb soft_ink linewidth 1 dashtype solid
    }
    last = i + columns > rows
    if (last) { set format x "%g" } else { set format x "" }
    fits = strlen(name[i]) * char_px * 0.9 <= panel_width # else the mark stands below
    set label (fits ? name[i] : id[i]) at screen x_px(plot_left),y_px(plot_top - 22) left font bold(0.9) textcolor rgb ink
    median = delivered[i] > 0 ? "median ".time_us(p50_us[i]) : "nothing delivered"
    if (!fits && disturbed[i]) { median = median." (disturbed)" }
    set label median at screen x_px(plot_left),y_px(plot_top - 8) left font sized(0.85) textcolor rgb soft_ink
    drawn = delivered[i] > 0 ? timeline(i) : "/dev/null"
    plot drawn using "published_s":"latency_us" with lines linecolor rgb tint(colour(i), 0.5) linewidth 1, \
        drawn using "published_s":"latency_us" with points linecolor rgb colour(i) linewidth 1 \
            pointtype symbol(i) pointsize 0.35, NaN
    unset label
    unset arrow
}
unset multiplot
