# The latency of each update that one client received, over time: a panel per row, a dot per update.
load scripts_dir."/style.gp"
interval_note = "The updates are those of the first repeat, the medians those of the whole row."
question = "What does one client experience? The latency of each update"
columns = rows == 4 ? 2 : rows <= 3 ? rows : rows <= 9 ? (rows == 7 || rows == 8 ? 4 : 3) : rows <= 16 ? 4 : 6
lines = (rows + columns - 1) / columns
panel_height = lines == 1 ? 260 : lines == 2 ? 170 : 128
title_px = 38
# Linear, for a saw-tooth is straight only there; and as rows that differ by much would be flat on one axis,
# those of like size share one: from the smallest up, another begins where the next reaches twice as far.
array reach_us[rows]
array from_us[rows]
array to_us[rows]
array axis_us[rows]
longest_s = 0
do for [i = 1:rows] {
    reach_us[i] = NaN
    if (delivered[i] > 0) {
        stats timeline(i) using (column("published_s")):(column("latency_us")) nooutput
        if (STATS_records > 0) {
            from_us[i] = STATS_min_y
            to_us[i] = STATS_max_y
            reach_us[i] = max(to_us[i], has_floor ? floor_us : 1)
            longest_s = max(longest_s, STATS_max_x)
        }
    }
}
if (longest_s == 0) { longest_s = 1 }
smallest_after(us) = (v = 1e300, sum [i = 1:rows] (reach_us[i] > us && reach_us[i] < v ? (v = reach_us[i], 0) : 0), v)
groups = 0
group_to = 0
while (smallest_after(group_to) < 1e300) {
    groups = groups + 1
    group_from = smallest_after(group_to)
    group_to = group_from
    while (smallest_after(group_to) < min(2 * group_to, 5 * group_from)) { group_to = smallest_after(group_to) }
    do for [i = 1:rows] { if (between(reach_us[i], group_from, group_to)) { axis_us[i] = group_to * 1.08 } }
}
do for [i = 1:rows] { if (reach_us[i] != reach_us[i]) { axis_us[i] = group_to > 0 ? group_to * 1.08 : 1e6 } }

array p50_us[rows]
stats rows_csv using (p50_us[int($0) + 1] = column("latency_".middle_column), 0) nooutput

# The title: from where to where the latencies of two rows go, where they vary least and most (or the first of
# rows that hardly differ in that).
steady = 0
varied = 0
do for [i = 1:rows] {
    if (reach_us[i] > 0 && !disturbed[i]) {
        steady = steady == 0 || to_us[i] - from_us[i] < 0.95 * (to_us[steady] - from_us[steady]) ? i : steady
        varied = varied == 0 || to_us[i] - from_us[i] > 1.05 * (to_us[varied] - from_us[varied]) ? i : varied
    }
}
span_words(i) = time_us(from_us[i])." to ".time_us(to_us[i])." over ".name[i]
if (steady > 0) {
    title = "One client's updates take ".span_words(steady).(varied == steady ? "" : ", ".span_words(varied))
}
note = "Each dot is an update, placed when it was due.".(groups > 1 ? " The vertical axes differ." : "")
if (has_floor) { note = note." The line: ".floor_words(floor_us)."." }
height = below(70) + lines * (panel_height + title_px) + 84 + foot_px
load scripts_dir."/open.gp"

tick_px = 54 # the words at an axis
axes_px = 38
between_px = 14
own_axes = groups > 1
panel_width = (width - axes_px - 24 - (own_axes ? columns : 1) * tick_px - (columns - 1) * between_px) / columns
set multiplot
set label "latency" at screen x_px(20),y_px((below(70) + height - 84 - foot_px) / 2) center rotate textcolor rgb soft_ink
set label "seconds into the measured window" at screen x_px((axes_px + tick_px + width - 24) / 2),y_px(height - 42 - foot_px) \
    center textcolor rgb soft_ink
do for [i = 1:rows] {
    at_column = (i - 1) % columns
    at_line = (i - 1) / columns
    plot_left = axes_px + tick_px + at_column * (panel_width + between_px + (own_axes ? tick_px : 0))
    plot_right = width - plot_left - panel_width
    plot_top = below(70) + at_line * (panel_height + title_px) + title_px
    plot_bottom = height - plot_top - panel_height
    load scripts_dir."/panel.gp"
    set yrange [0:axis_us[i]]
    set ytics ()
    step_us = step125(axis_us[i], panel_height / 34.0)
    do for [k = 0:int(axis_us[i] / step_us)] {
        tick_text = at_column == 0 || own_axes ? tick_us(k * step_us) : ""
        set ytics add (k == 0 && tick_text ne "" ? "0" : tick_text k * step_us)
    }
    set xrange [0:longest_s]
    set xtics 0,step125(longest_s, min(8, panel_width / 30)),longest_s
    if (has_floor) {
        set arrow from graph 0,first floor_us to graph 1,first floor_us nohead back \
            linecolor rgb soft_ink linewidth 1 dashtype solid
    }
    last = i + columns > rows
    if (last) { set format x "%g" } else { set format x "" }
    most = int((panel_width + (own_axes ? tick_px / 2.0 : 0)) / (char_px * 0.95)) # letters
    fits = strlen(name[i]) <= most # else the mark stands below
    set label (fits ? name[i] : strlen(id[i]) <= most ? id[i] : substr(id[i], 1, most - 1)."…") at screen x_px(plot_left),y_px(plot_top - 22) left font bold(0.9) textcolor rgb ink
    median = delivered[i] > 0 ? middle_name." ".time_us(p50_us[i]) : "nothing delivered"
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
