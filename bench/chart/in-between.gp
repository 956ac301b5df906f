# What does it cost to have something in between? Drawn for runs with balancers (chart.c).
load scripts_dir."/style.gp"
question = "What does it cost to have something in between?"
note = "TCP connections: from the clients in colour, to the servers dark. Added latency: above the direct row of the transport; ".\
    "what dns adds is chance. ".\
    "Added bytes: above what went in."
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
panel_px = (width - names_px - 20 - 3 * between_px) / 4.5 # of the narrow ones
most_labels = 3
paints = "transport"
split = 0
set multiplot

heading = "TCP connections"
what = "per client, front + behind"
words = "three"
metric = "connections_front connections_behind"
paints = "transport dark"
split = 1
labelled = 1
plot_left = names_px
plot_right = width - names_px - 1.5 * panel_px
load scripts_dir."/bars.gp"

labelled = 0
split = 0
paints = "transport"
heading = "Added latency (median)"
what = "more than direct"
words = "added_us"
added_us(v) = v != v ? "–" : v < 0 ? "−".time_us(-v) : time_us(v)
metric = "added_latency_p50_us"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

heading = "Added bytes"
what = "per update"
words = "added"
added(v) = v != v ? "–" : three(v)
metric = "added_bytes_per_update"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

heading = "Balancer's CPU"
what = "µs per update"
words = "cpu_us"
cpu_us(v) = v != v ? "–" : time_us(v)
metric = "balancer_cpu_us_per_update"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"
unset multiplot
