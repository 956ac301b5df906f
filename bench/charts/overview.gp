# Which transport, in one look: the four numbers that matter, one line per row of the run.
load scripts_dir."/style.gp"
question = "How late does an update arrive, and what does it cost?"
note = "Latency: the bar ends at the median, the line at the 99th percentile. Bytes: grey is the update itself, colour is the HTTP, SSE or WebSocket around it."
width = 1200
height = 675
png_scale = 1
zoom = 1.2
load scripts_dir."/open.gp"

names_px = longest_name * char_px + 26
between_px = 34
panel_px = (width - names_px - 20 - 3 * between_px) / 4.6 # of the narrow ones
plot_top = 128
plot_bottom = 108 + foot_px * zoom
most_labels = 3
stacked_on = ""
split = 0
set multiplot

heading = "Latency (median)"
what = "publish to receipt (log scale)"
labelled = 1
plot_left = names_px
plot_right = width - names_px - 1.6 * panel_px
load scripts_dir."/latency_bars.gp"

labelled = 0
words = "three"
heading = "HTTP requests"
what = "per update"
metric = "requests_per_update"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

heading = "TCP handshakes"
metric = "handshakes_per_update"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"

heading = "Bytes"
metric = "framing_bytes_per_update"
stacked_on = "payload_bytes_per_update"
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"
unset multiplot
