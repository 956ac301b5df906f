# How many TCP handshakes does an update cost?
load scripts_dir."/style.gp"
question = "How many TCP handshakes does an update cost?"
note = "+close: a new connection for every request, as without keep-alive."
metric = "handshakes_per_update"
words = "three"
what = "TCP handshakes per update delivered"
predicted_column = "handshakes_per_update_predicted"
load scripts_dir."/bar_chart.gp"
