# How many packets does an update cost? Drawn for an emulated link only (chart.c).
load scripts_dir."/style.gp"
question = "How many packets does an update cost?"
note = "IP packets as they enter the link, including handshakes and acknowledgements."
metric = "packets_down_per_update packets_up_per_update"
paints = "transport dark"
part_names = "'server to client' 'client to server'"
split = 1
words = "three"
what = "IP packets per update delivered: total (server to client + client to server)"
predicted_column = "packets_per_update_predicted"
load scripts_dir."/bar_chart.gp"
