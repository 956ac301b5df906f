# How late does everyone receive what a client sends? Drawn where clients send (chart.c).
load scripts_dir."/style.gp"
question = "How late does everyone receive what a client sends?"
note = "Dot at the ".upstream_middle_name.", line to the ".upstream_tail_nth.": from a client's sending to the receipt by each of the others."
row_px = rows <= 8 ? 40 : 30
plot_top = below(74)
height = plot_top + rows * row_px + 92 + foot_px
load scripts_dir."/open.gp"
plot_left = longest_name * char_px + 30
plot_right = 24
plot_bottom = 92 + foot_px
labelled = 1
heading = ""
p50_column = "upstream_".upstream_middle_column
end_column = "upstream_".upstream_tail_column
end_name = upstream_tail_name
none_words = "no message"
floor_us = 2 * floor_us # up and down again
floor_words(v) = "one round trip, ".tick_us(v)
what = "sending to receipt by the others (log scale".(has_floor ? "; line: ".floor_words(floor_us) : "").")"
set multiplot
load scripts_dir."/latency_dots.gp"
unset multiplot
