# What all charts share: the arguments, the rows of the run, the palette, words for numbers.
# bench/chart/chart.c runs  gnuplot -d -e VARIABLES NAME.gp  with these variables:
#   scripts_dir, data_dir    where these scripts and the run's numbers are (chart_data.h)
#   output_path, output_format ("svg" or "png")
#   title                    what the run found, or "": then the script's question is the title
#   conditions               the subtitle: clients, source, window, link, date
#   middle_column, middle_name ("p50_us", "median"), tail_column, tail_name, tail_nth ("p90_us", "p90",
#                            "90th percentile"): what the rows' latency is told by; upstream_*: of what clients send
#   on_the_wire              1: rows have wire_* and packets_*
#   interval_words           "95 % confidence interval over 3 repeats"; "" where no row has an interval
#   colour_of(t), symbol_of(t)   each transport's colour and point type
# and every script begins by loading this. Numbers come from data_dir alone.

set encoding utf8
if (!exists("title")) title = ""
width = 800 # of the picture, in px; scripts may set others before they use below()
zoom = 1    # of all text
set datafile separator comma
set datafile columnheaders

# ---- the rows of the run, in its order ----
rows_csv = data_dir."/rows.csv"
stats rows_csv using 0 name "ROWS" nooutput
rows = int(ROWS_records)
array id[rows]
array transport[rows]
array closes[rows]    # 1: a new connection for every request
array variant[rows]   # 0, 1, 2 ... among rows of the same transport and connection
array delivered[rows]
array disturbed[rows] # 1: it could not keep up, and is compared with nothing
stats rows_csv using (i = int($0) + 1, id[i] = strcol("row"), \
    transport[i] = strcol("transport"), closes[i] = strcol("connection") eq "close", \
    variant[i] = int(column("variant")), delivered[i] = column("delivered"), \
    disturbed[i] = column("disturbed") > 0, 0) nooutput
distribution(i) = data_dir."/cdf-".id[i].".csv"
percentiles(i) = data_dir."/percentiles-".id[i].".csv"
timeline(i) = data_dir."/timeline-".id[i].".csv"

# ---- the emulated link; on loopback there is none: NaN ----
floor_us = NaN        # half a round trip: what distance alone costs an update
stats data_dir."/link.csv" using (floor_us = column("half_rtt_us"), 0) nooutput
has_floor = floor_us > 0

# ---- what the model says: a diamond at the value, with a white edge to be seen on bars of any colour ----
model_words = "◇ predicted"
model_halo = "pointtype 13 pointsize 1.9 linecolor rgb 0xffffff"
model_point = "pointtype 12 pointsize 1.1 linewidth 1.6 linecolor rgb ink"

# ---- stacks of bytes: the columns, and how paint() colours them ----
app_bytes = "payload_bytes_per_update framing_bytes_per_update"
app_paints = "neutral transport"
wire_bytes = "wire_payload_bytes_per_update wire_framing_bytes_per_update ".\
    "wire_header_bytes_per_update wire_ack_bytes_per_update"
wire_paints = "neutral transport dark light"

array name[rows]      # the id as shown: never so long that it takes the plot's place
longest_name = 0
silent = ""
shaken = ""
do for [i = 1:rows] {
    mark = disturbed[i] ? " (disturbed)" : ""
    name[i] = (strlen(id[i].mark) > 30 ? substr(id[i], 1, 29 - strlen(mark))."…" : id[i]).mark
    longest_name = strlen(name[i]) > longest_name ? strlen(name[i]) : longest_name
    silent = delivered[i] > 0 ? silent : silent.(silent eq "" ? "" : ", ").id[i]
    shaken = !disturbed[i] ? shaken : shaken.(shaken eq "" ? "" : ", ").id[i]
}

# More lines at the foot: what the marks of intervals are, and which rows are to be read with care.
repeated = interval_words ne ""
foot_px = 17 * (repeated + (silent ne "") + (shaken ne ""))
if (strlen(silent) > 96) { silent = substr(silent, 1, 95)."…" }
if (strlen(shaken) > 76) { shaken = substr(shaken, 1, 75)."…" }

# ---- palette: one colour per transport everywhere (lib/proto/transport_info.def) ----
ink = 0x222222      # text
soft_ink = 0x5f6368 # secondary text: subtitle, axes, notes
rule_ink = 0xdddddd # grid
neutral = 0x8a8f98  # what belongs to no transport: the update itself,
dark = 0x4b5058     # and below the transport TCP/IP headers, what the client sends,
light = 0xc3c7cd    # acknowledgements
colour(i) = colour_of(transport[i])
channel(rgb, shift) = (rgb >> shift) & 255
pale(c, share) = int(c + (255 - c) * share + 0.5)
tint(rgb, share) = (pale(channel(rgb, 16), share) << 16) + (pale(channel(rgb, 8), share) << 8) \
    + pale(channel(rgb, 0), share)

# To be distinguished without colour: a symbol per transport, open and dashed for +close, and other
# dashes for further rows of the same kind.
symbol(i) = symbol_of(transport[i]) - closes[i]
dashes(i) = variant[i] % 3 == 0 ? (closes[i] ? 2 : 1) : variant[i] % 3 == 1 ? (closes[i] ? 4 : 3) : 5
line_colour(i) = closes[i] ? tint(colour(i), 0.25) : colour(i)
fill(i) = closes[i] ? tint(colour(i), 0.65) : colour(i)
paint(i, word) = word eq "neutral" ? neutral : word eq "dark" ? dark : word eq "light" ? light : fill(i)
edge(i, word) = word eq "transport" ? colour(i) : paint(i, word)

# ---- dots: on a log axis, where a bar has no beginning. @dot_lines leads the eye from the row's name to
# dot_at[i] (NaN: none); @dots are drawn above all else, open for +close ----
dot_size = output_format eq "svg" ? 1 : 1.5 # the same to the eye
dot_row(i) = dot_at[i] >= low ? i : NaN
dot_lines = "for [i = 1:rows] $one using (low):(dot_row(i)):(dot_at[i] - low):(0) with vectors nohead ".\
    "linecolor rgb neutral linewidth 0.8 dashtype 3"
dots = "for [i = 1:rows] $one using (dot_at[i]):(dot_row(i)) with points pointtype symbol_of(transport[i]) ".\
    "pointsize dot_size linecolor rgb closes[i] ? 0xffffff : colour(i), ".\
    "for [i = 1:rows] $one using (dot_at[i]):(closes[i] ? dot_row(i) : NaN) with points pointtype symbol(i) ".\
    "pointsize dot_size linewidth 1.6 linecolor rgb colour(i)"

# ---- intervals: at the end of a plot of bars stands @interval_lines, which draws each interval_low[i] to
# interval_high[i] dark with a white edge, to be seen on any colour; nothing in a run without repeats ----
interval_line(i) = interval_high[i] > max(interval_low[i], low) ? 1 + (i - 1) % rows : NaN # its row
interval_lines = !repeated ? "" : ", for [step = 1:2] for [i = 1:|interval_low|] $one ".\
    "using (interval_high[i]):(interval_line(i)):(max(interval_low[i], low)):(interval_high[i]) ".\
    "with xerrorbars pointtype -1 linecolor rgb step == 1 ? 0xffffff : ink linewidth step == 1 ? 3.4 : 1.4"
band_style = "with filledcurves linecolor rgb colour(i) fillstyle transparent solid 0.2 noborder"
known(v, other) = v == v ? v : other

# ---- a title of more lines than one moves all below it down: below(px) is where px is then ----
headline(question) = title eq "" ? question : title
title_columns(px) = int((px - 36) / (9.0 * zoom))
last_space(s, n) = n <= 1 ? 0 : substr(s, n, n) eq " " ? n : last_space(s, n - 1)
first_line(s) = strlen(s) <= title_columns(width) || last_space(s, title_columns(width) + 1) == 0 ? s : \
    substr(s, 1, last_space(s, title_columns(width) + 1) - 1)
lines_below(s) = substr(s, strlen(first_line(s)) + 2, strlen(s))
line_count(s) = s eq "" ? 0 : 1 + line_count(lines_below(s))
title_line(s, k) = k == 1 ? first_line(s) : title_line(lines_below(s), k - 1)
below(px) = px + 21 * zoom * max(0, line_count(headline(question)) - 1)

# ---- numbers as text, written as everywhere else (bench/base/units.c) ----
digits(v) = abs(v) >= 99.95 ? 0 : abs(v) >= 9.995 ? 1 : 2
fixed(v) = v == 0 ? "0" : sprintf("%.".digits(v)."f", v)
thousands(v) = v < 1000 ? sprintf("%.0f", v) : thousands(floor(v / 1000)).sprintf(",%03.0f", v - 1000 * floor(v / 1000))
three(v) = v == 0 ? "0" : v != v ? "not measured" : abs(v) >= 999.5 ? (v < 0 ? "-" : "").thousands(real(sprintf("%.0f", abs(v)))) : \
    abs(v) >= 0.9995 ? fixed(v) : sprintf("%.3g", v)
percent(v) = v != v ? "not measured" : sprintf("%.4g %%", floor(v * 100 + 1e-6) / 100.0)
floor_words(v) = "half a round trip, ".tick_us(v)
time_us(v) = v != v ? "not measured" : abs(v) < 999.5 ? fixed(v)." µs" : abs(v) < 999500 ? fixed(v / 1e3)." ms" : \
    fixed(v / 1e6)." s"

# ---- and at axes, where they are round ----
tick(v) = v == 0 ? "0" : abs(v) >= 999.5 ? sprintf("%.0f", v) : sprintf("%.3g", v)
tick_us(v) = v < 999.5 ? tick(v)." µs" : v < 999500 ? tick(v / 1e3)." ms" : tick(v / 1e6)." s"
no_tick(v) = ""

# ---- log axes: labelled in µs, ms, s or as plain numbers; finer where little is shown ----
min(a, b) = a < b ? a : b
max(a, b) = a > b ? a : b
floor10(v) = int(floor(log10(v)))
decades(low, high) = log10(high / low)
step125(range, ticks) = (q = 1.0 * range / ticks, b = 10.0 ** floor10(q), \
    b * (q <= b * 1.001 ? 1 : q <= b * 2.001 ? 2 : q <= b * 5.001 ? 5 : 10))
within(v, low, high) = min(max(v, low), high)
between(v, low, high) = v >= low * 0.999 && v <= high * 1.001
