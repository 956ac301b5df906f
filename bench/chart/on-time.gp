# What share of the source's updates meets its deadline? Drawn for a run with one (chart.c).
load scripts_dir."/style.gp"
deadline_ms = NaN
stats rows_csv using (v = column("deadline_ms"), deadline_ms = v == v ? v : deadline_ms, 0) nooutput
question = sprintf("What share of updates arrives within %s?", tick_us(deadline_ms * 1e3))
note = "Of all updates that a client was to get. Those that never came, or were replaced by a newer value, were not on time."
metric = "on_time_percent"
words = "percent"
whole = 100
what = sprintf("%% of updates received within %s of their publication", tick_us(deadline_ms * 1e3))
load scripts_dir."/bar_chart.gp"
