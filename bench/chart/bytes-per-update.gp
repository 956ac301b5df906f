# How many bytes does an update cost?
load scripts_dir."/style.gp"
question = "How many bytes does an update cost?"
note = "Grey: payload, the update itself. Colour: framing, all the rest, both ways: HTTP headers, chunks, SSE fields, frames."
metric = app_bytes
paints = app_paints
split = 1
words = "three"
what = "bytes per update delivered: total (payload + framing)"
load scripts_dir."/bar_chart.gp"
