# How many HTTP requests does an update cost?
load scripts_dir."/style.gp"
question = "How many HTTP requests does an update cost?"
note = "A stream or WebSocket makes one request, before the measured window, for all its updates."
metric = "requests_per_update"
words = "three"
what = "HTTP requests per update delivered"
predicted_column = "requests_per_update_predicted"
load scripts_dir."/bar_chart.gp"
