# What happens around a fault: a line of panels for each kind of fault, a panel per transport. Each dot is an update
# that one client received; the fault is shaded; the bars at the foot are the connections that all clients began.
load scripts_dir."/style.gp"
interval_note = "The updates are those of the first repeat."
question = "What does one client experience while something breaks?"
load scripts_dir."/faults.gp"
width = max(800, 60 + 210 * columns)
panel_height = 104
title_px = 26
png_scale = 1.5

array top_us[lines]
array top_connects[lines]
longest_s = 0
do for [k = 1:lines] { top_us[k] = 1; top_connects[k] = 0 }
do for [i = 1:rows] {
    if (line_of_row[i] > 0 && delivered[i] > 0) {
        k = line_of_row[i]
        stats timeline(i) using (top_us[k] = max(top_us[k], column("latency_us")), \
            longest_s = max(longest_s, column("published_s")), 0) nooutput
        stats connects(i) using (top_connects[k] = max(top_connects[k], column("connects")), 0) nooutput
    }
}
if (longest_s == 0) { longest_s = 1 }
note = "Each dot is an update, placed when it was due. Grey: while the fault lasts. Bars: connections begun by all clients in 50 ms."
height = below(78) + lines * (panel_height + title_px) + 74 + foot_px
load scripts_dir."/open.gp"

tick_px = 60
between_px = 12
panel_width = (width - 34 - tick_px - 20 - (columns - 1) * between_px) / columns
set multiplot
set label "latency" at screen x_px(16),y_px((below(78) + height - 74 - foot_px) / 2) center rotate textcolor rgb soft_ink
set label "seconds into the measured window" at screen x_px((34 + tick_px + width - 20) / 2),y_px(height - 40 - foot_px) \
    center textcolor rgb soft_ink
do for [c = 1:columns] {
    set label column_name[c] at screen x_px(34 + tick_px + (c - 1) * (panel_width + between_px)),y_px(below(72)) left \
        font bold(0.95) textcolor rgb column_colour[c]
}
do for [k = 1:lines] {
    first_of_line = 1
    do for [i = 1:rows] {
        if (line_of_row[i] != k) { continue }
        c = column_of_row[i]
        plot_left = 34 + tick_px + (c - 1) * (panel_width + between_px)
        plot_right = width - plot_left - panel_width
        plot_top = below(78) + (k - 1) * (panel_height + title_px) + title_px
        plot_bottom = height - plot_top - panel_height
        load scripts_dir."/panel.gp"
        # The words of both axes stand at the first panel of a line and below the last line.
        set yrange [-0.02 * top_us[k]:top_us[k] * 1.1]
        set ytics ()
        step_us = step125(top_us[k] * 1.1, panel_height / 30.0)
        do for [t = 0:int(top_us[k] * 1.1 / step_us)] {
            set ytics add ((!first_of_line ? "" : t == 0 ? "0" : tick_us(t * step_us)) t * step_us)
        }
        set y2range [0:max(top_connects[k], 1) * 3.2]
        set xrange [0:longest_s]
        set xtics 0,step125(longest_s, min(8, panel_width / 30)),longest_s
        if (k == lines) { set format x "%g" } else { set format x "" }
        if (first_of_line) {
            set label line_name[k] at screen x_px(34 + tick_px),y_px(plot_top - 8) left font bold(0.85) textcolor rgb ink
        }
        do for [f = 1:faults] {
            if (fault_row[f] == i && fault_from[f] == fault_from[f]) {
                set object 100 + f rectangle from first fault_from[f],graph 0 \
                    to first max(fault_to[f], fault_from[f] + longest_s / 120.0),graph 1 behind \
                    fillcolor rgb 0xd9dbe0 fillstyle solid 1 noborder
            }
        }
        drawn = delivered[i] > 0 ? timeline(i) : "/dev/null"
        plot connects(i) using "at_s":"connects" axes x1y2 with impulses linecolor rgb neutral linewidth 2.2, \
            drawn using "published_s":"latency_us" with points linecolor rgb colour(i) linewidth 1 \
                pointtype symbol(i) pointsize 0.4, NaN
        unset label
        unset object
        first_of_line = 0
    }
}
unset multiplot
