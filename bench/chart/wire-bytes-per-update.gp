# How many bytes does an update cost on the wire? Drawn for an emulated link only (chart.c).
load scripts_dir."/style.gp"
question = "How many bytes does an update cost on the wire?"
note = "IP packets both ways, as they entered the link. Framing there: HTTP, SSE, WebSocket, TLS, and what was sent again. ACKs only acknowledge."
metric = wire_bytes
paints = wire_paints
part_names = "payload 'framing on the wire' 'TCP/IP headers' ACKs"
split = 1
words = "three"
what = "bytes of IP packets per update delivered: total (payload + framing + headers + ACKs)"
predicted_column = "wire_bytes_per_update_predicted"
load scripts_dir."/bar_chart.gp"
