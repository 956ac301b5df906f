# One metric of a sweep against the varied key: a line for each row, a panel for each combination of
# the other keys' values, all with the same axes. bench/sweep/sweep_chart.c sets, beside what style.gp names:
#   chart                    its numbers are in data_dir/sweep-CHART.csv
#   question, note, what, x_name, tick_words (the function that writes a value)
#   x_ticks, x_first, x_last, x_log; y_log, y_low, y_high
#   panels, panel_names      words
load scripts_dir."/style.gp"
columns = panels <= 3 ? panels : panels == 4 ? 2 : 3
lines = (panels + columns - 1) / columns
legend_px = longest_name * 7.3 + 84
panel_width = columns == 1 ? 560 : columns == 2 ? 380 : 300
panel_height = columns == 1 ? 340 : 230
title_px = panels == 1 ? 8 : 40
axes_px = 92
between_px = 14
width = axes_px + columns * panel_width + (columns - 1) * between_px + legend_px
height = below(66) + lines * (panel_height + title_px + 30) + 62 + foot_px
load scripts_dir."/open.gp"

# Dashes repeat from the fourth row of a kind on: those are paler.
own_colour(i) = variant[i] >= 3 ? tint(line_colour(i), 0.45) : line_colour(i)
data = data_dir."/sweep-".chart.".csv"
margin = x_log ? (x_last / x_first) ** 0.05 : (x_last > x_first ? (x_last - x_first) * 0.05 : 1)
set multiplot
set label what at screen x_px(20),y_px((below(66) + height - 62 - foot_px) / 2) center rotate textcolor rgb soft_ink
set label x_name at screen x_px(axes_px + (columns * panel_width + (columns - 1) * between_px) / 2),y_px(height - 44 - foot_px) \
    center textcolor rgb soft_ink

do for [i = 1:rows] {
    x = width - legend_px + 18
    y = below(66) + title_px + (i - 0.5) * min(23, (height - 160.0) / rows)
    set arrow from screen x_px(x),y_px(y) to screen x_px(x + 40),y_px(y) nohead \
        linecolor rgb own_colour(i) linewidth 2 dashtype dashes(i)
    set label "" at screen x_px(x + 20),y_px(y) point linecolor rgb own_colour(i) \
        linewidth 1 pointtype symbol(i) pointsize 0.8
    set label name[i] at screen x_px(x + 48),y_px(y) left textcolor rgb ink
}

tick_count(v) = v >= 999.5 ? thousands(v) : tick(v)
band_low(v) = v == v && y_log ? max(v, y_low) : v # an interval's end below the axis
of(p, i, v) = int(column("panel")) == p && int(column("row")) == i && (!y_log || v > 0) ? v : NaN
do for [p = 1:panels] {
    at_column = (p - 1) % columns
    at_line = (p - 1) / columns
    plot_left = axes_px + at_column * (panel_width + between_px)
    plot_right = width - plot_left - panel_width
    plot_top = below(66) + at_line * (panel_height + title_px + 30) + title_px
    plot_bottom = height - plot_top - panel_height
    load scripts_dir."/panel.gp"
    axis = "y"
    low = y_low
    high = y_high
    shown_words = tick_words
    if (at_column > 0) { tick_words = "no_tick" }
    if (y_log) {
        load scripts_dir."/log_axis.gp"
    } else {
        set yrange [0:high]
        set ytics ()
        step = step125(high, panel_height / 46)
        do for [k = 0:int(high / step)] {
            eval sprintf("tick_text = %s(%g)", tick_words, k * step)
            set ytics add (tick_text k * step)
        }
    }
    tick_words = shown_words
    if (x_log) { set logscale x; set xrange [x_first / margin:x_last * margin] } \
    else { set xrange [x_first - margin:x_last + margin] }
    eval "set xtics ".x_ticks
    if (panels > 1) {
        set label 90 word(panel_names, p) at screen x_px(plot_left),y_px(plot_top - 14) left font bold(1) textcolor rgb ink
    }
    plot for [i = 1:rows] data using "x":(of(p, i, band_low(column("low")))):(column("high")) with filledcurves \
            fillcolor rgb own_colour(i) fillstyle transparent solid 0.18 noborder, \
        for [i = 1:rows] data using "x":(of(p, i, band_low(column("low")))):(0):(column("high") - band_low(column("low"))) \
            with vectors nohead linecolor rgb own_colour(i) linewidth 1, \
        for [i = 1:rows] data using "x":(of(p, i, column("value"))) with linespoints \
            linecolor rgb own_colour(i) linewidth 2 dashtype dashes(i) pointtype symbol(i) pointsize 0.8, \
        for [i = 1:rows] data using "x":(column("disturbed") > 0 ? of(p, i, column("value")) : NaN) with points \
            linecolor rgb 0xffffff pointtype 7 pointsize 0.4
    if (p == 1) { unset arrow; unset label }
    unset label 90
}
unset multiplot
