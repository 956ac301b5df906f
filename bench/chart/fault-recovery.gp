# How soon is a client back after a fault, and what does its return cost? Drawn for runs with faults (chart.c).
load scripts_dir."/style.gp"
question = "After a fault, how long until a client's next update, and what does the return cost?"
note = "Next update: from the fault to the first update that was due after it; the dot is the median of all clients, the line ends at the slowest."
width = 1200
row_px = 22
zoom = 1.2
plot_top = below(128)
plot_bottom = 108 + foot_px
height = plot_top + rows * row_px + plot_bottom
png_scale = 1
load scripts_dir."/open.gp"

names_px = longest_name * char_px + 26
between_px = 26
panel_px = (width - names_px - 20 - 3 * between_px) / 5.3 # of the narrow ones
most_labels = 3
split = 0
set multiplot

has_floor = 0
p50_column = "next_update_p50_us"
end_column = "next_update_max_us"
end_name = "max"
none_words = "none"
heading = "Next update"
what = "from the fault (log scale)"
labelled = 1
plot_left = names_px
plot_right = width - names_px - 2.3 * panel_px
load scripts_dir."/latency_dots.gp"

labelled = 0
paints = "dark"
words = "counted"
counted(v) = v != v ? "–" : three(v)
heading = "Not received"
what = "updates, of all clients"
metric = "not_received"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

paints = "transport"
heading = "Connections begun"
what = "a second, at the peak"
metric = "connects_peak_per_s"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

words = "share_words"
share_words(v) = v != v ? "–" : percent(100 * v)
heading = "Server's CPU"
what = "of one core, at the peak"
metric = "server_cpu_peak"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"
unset multiplot
