# The map: update rate × tolerated latency, coloured by the cheapest that meets it; a panel for each
# cost. bench/sweep/sweep_map.c sets, beside what style.gp names:
#   panels          words: FILE "WORDS" AREAS BORDERS of each panel; so many areas are in
#                   data_dir/map-FILE.csv, what they are painted with in map-FILE-boxes.csv, and so many
#                   borders of the model in map-FILE-model.csv
#   figure          of the latency that must be within the limit: "p50", "mean"
#   left_out        points of disturbed rows
#   x_low, x_high, y_low, y_high
load scripts_dir."/style.gp"
question = "What is the cheapest way that is fast enough?"
note = "Stripes: these can't be told apart. Blank: nothing is fast enough. ".\
    "Numbers: the short poll's interval. Dots: what was measured. Line: where the model has the border."
if (left_out > 0) { note = note." ".left_out." disturbed points are left out." }
count = words(panels) / 4
area_ink = 0x222221 # on colours, which a dark page keeps (dark.css)
panel_width = 330
panel_height = 330
axes_px = 104
between_px = 22
width = axes_px + count * panel_width + (count - 1) * between_px + 26
plot_top = below(128)
height = plot_top + panel_height + 96
load scripts_dir."/open.gp"
plot_bottom = height - plot_top - panel_height

set multiplot
set label "tolerated latency (".figure.")" at screen x_px(20),y_px(plot_top + panel_height / 2.0) \
    center rotate textcolor rgb soft_ink
set label "updates per second" at screen x_px(axes_px + (width - axes_px - 26) / 2.0),y_px(height - 44) center textcolor rgb soft_ink

# One swatch for each transport of the rows.
at_px = axes_px
seen = " "
do for [i = 1:rows] {
    if (strstrt(seen, " ".transport[i]." ") == 0) {
        seen = seen.transport[i]." "
        set object rectangle from screen x_px(at_px),y_px(below(70)) to screen x_px(at_px + 22),y_px(below(84)) \
            fillcolor rgb colour(i) fillstyle solid 1 noborder
        set label transport[i] at screen x_px(at_px + 29),y_px(below(77)) left textcolor rgb ink
        at_px = at_px + 29 + strlen(transport[i]) * 7.3 + 24
    }
}

box_px(y1, y2) = panel_height * log10(y2 / y1) / log10(y_high / y_low)
do for [k = 1:count] {
    file = word(panels, 4 * k - 3)
    plot_left = axes_px + (k - 1) * (panel_width + between_px)
    plot_right = width - plot_left - panel_width
    load scripts_dir."/panel.gp"
    set label 90 "by ".word(panels, 4 * k - 2) at screen x_px(plot_left),y_px(plot_top - 14) left font bold(1.1) textcolor rgb ink
    axis = "x"
    low = x_low
    high = x_high
    tick_words = "tick"
    most_labels = 6
    load scripts_dir."/log_axis.gp"
    axis = "y"
    low = y_low
    high = y_high
    tick_words = k == 1 ? "tick_us" : "no_tick"
    load scripts_dir."/log_axis.gp"
    set grid front
    areas = word(panels, 4 * k - 1) > 0 ? data_dir."/map-".file.".csv" : "/dev/null"
    boxes = word(panels, 4 * k - 1) > 0 ? data_dir."/map-".file."-boxes.csv" : "/dev/null"
    borders = word(panels, 4 * k) > 0 ? data_dir."/map-".file."-model.csv" : "/dev/null"
    shown(y1, y2) = strcol("label") ne "-" && box_px(y1, y2) > 15 ? sqrt(y1 * y2) : NaN
    plot boxes using "x1":"y1":"x1":"x2":"y1":"y2":"colour" with boxxyerror \
            fillcolor rgb variable fillstyle solid 0.75 noborder, \
        borders using "x1":"y1":(column("x2") - column("x1")):(column("y2") - column("y1")) with vectors nohead \
            linecolor rgb area_ink linewidth 2, \
        data_dir."/map-points.csv" using "rate_hz":"latency_us" with points linecolor rgb area_ink pointtype 7 pointsize 0.35, \
        areas using "rate_hz":(shown(column("from_us"), column("to_us"))):"label" with labels \
            font sized(0.85) textcolor rgb area_ink
    if (k == 1) { unset label; unset object }
}
unset multiplot
