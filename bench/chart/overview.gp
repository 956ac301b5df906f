# The four numbers that matter for choosing a transport, one line per row of the run.
load scripts_dir."/style.gp"
question = "How late does an update arrive, and what does it cost?"
note = "Latency: the dot is the ".middle_name.", the line ends at the ".tail_nth.". Bytes: grey is the update itself, colour is the HTTP, SSE or WebSocket around it."
if (on_the_wire) {
    note = "Latency: dot at the ".middle_name.", line to the ".tail_nth.". Bytes on the wire: grey is the update, ".\
        "colour HTTP, SSE or WebSocket, dark TCP/IP headers, light acknowledgements."
}
width = 1200
png_scale = 1
zoom = 1.2
row_px = rows <= 9 ? 52 : rows <= 18 ? 32 : 24
plot_top = below(128)
plot_bottom = 108 + foot_px * zoom
height = plot_top + max(rows, 2) * row_px + plot_bottom
load scripts_dir."/open.gp"

names_px = longest_name * char_px + 26
between_px = 34
panel_px = (width - names_px - 20 - 3 * between_px) / 4.6 # of the narrow ones
most_labels = 3
paints = "transport"
split = 0
set multiplot

heading = "Latency (".middle_name.")"
what = "from due time to receipt"." (".(has_floor ? "line: ".floor_words(floor_us) : "log scale").")"
labelled = 1
plot_left = names_px
plot_right = width - names_px - 1.6 * panel_px
load scripts_dir."/latency_dots.gp"

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

heading = on_the_wire ? "Bytes on the wire" : "Bytes"
metric = on_the_wire ? wire_bytes : app_bytes
paints = on_the_wire ? wire_paints : app_paints
plot_left = width - plot_right + between_px
plot_right = width - plot_left - panel_px
load scripts_dir."/bars.gp"
unset multiplot
