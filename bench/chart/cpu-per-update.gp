# How much CPU time does an update cost, at the server and at the client?
load scripts_dir."/style.gp"
question = "How much CPU time does an update cost?"
note = "User and system time of each process over the window. All clients share one process."
row_px = rows <= 8 ? 40 : 30
plot_top = below(98)
height = plot_top + rows * row_px + 92 + foot_px
load scripts_dir."/open.gp"
plot_bottom = 92 + foot_px
paints = "transport"
split = 0
words = "time_us"
what = "µs per update delivered"
most_labels = 3

names_px = longest_name * char_px + 30
panel_px = (width - names_px - 24 - 30) / 2
set multiplot
heading = "server"
metric = "server_cpu_us_per_update"
labelled = 1
plot_left = names_px
plot_right = 24 + panel_px + 30
load scripts_dir."/bars.gp"
heading = "client"
metric = "client_cpu_us_per_update"
labelled = 0
plot_left = names_px + panel_px + 30
plot_right = 24
load scripts_dir."/bars.gp"
unset multiplot
