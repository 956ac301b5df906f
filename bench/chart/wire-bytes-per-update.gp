# How many bytes does an update cost on the wire? Drawn for an emulated link only (chart.c).
load scripts_dir."/style.gp"
question = "How many bytes does an update cost on the wire?"
note = "All IP packets both ways. Framing: HTTP, SSE, WebSocket, TLS, and whatever was sent again. ACKs: packets that only acknowledge."
metric = wire_bytes
paints = wire_paints
part_names = "payload framing 'TCP/IP headers' ACKs"
split = "rounded"
words = "three"
what = "bytes of IP packets per update delivered: total (payload + framing + headers + ACKs)"
load scripts_dir."/bar_chart.gp"
