# What one client of each row went through after a fault, time downwards: a column per row of one kind of fault
# (shown_line, from 0).
load scripts_dir."/style.gp"
load scripts_dir."/faults.gp"
interval_note = "The clients are those of the first repeat."
question = line_name[shown_line + 1].": what one client of each transport goes through"
note = "Time runs downwards from the fault, until the first update after it. ✕ connection lost   ○ refused   ● connected   "\
    ."◆ update   · another step. Grey: while the fault lasts."
array ladder_row[columns]
do for [c = 1:columns] { ladder_row[c] = 0 }
do for [i = 1:rows] { if (line_of_row[i] == shown_line + 1) { ladder_row[column_of_row[i]] = i } }
ladders = sum [c = 1:columns] (ladder_row[c] > 0)
width = max(800, 100 + 240 * ladders)
ladder_px = 400
height = below(112) + ladder_px + 60 + foot_px
png_scale = 1.5
lasting_s = 0
do for [f = 1:faults] {
    if (line_of_row[fault_row[f]] == shown_line + 1 && fault_to[f] > fault_from[f]) {
        lasting_s = max(lasting_s, fault_to[f] - fault_from[f])
    }
}
latest_s = 0
do for [c = 1:columns] {
    if (ladder_row[c] > 0) {
        stats recovery(ladder_row[c]) using (latest_s = max(latest_s, column("after_s")), 0) nooutput
    }
}
if (latest_s <= 0) { latest_s = max(lasting_s, 1) }
load scripts_dir."/open.gp"

plot_left = 84
plot_right = 20
plot_top = below(112)
plot_bottom = 60 + foot_px
load scripts_dir."/panel.gp"
set xrange [0:ladders]
set yrange [latest_s * 1.04:-0.1 * latest_s]
unset xtics
set grid noxtics
set border 2
step_s = step125(latest_s, 8)
set ytics ()
do for [t = 0:int(latest_s * 1.04 / step_s)] { set ytics add (t == 0 ? "fault" : "+".tick_us(t * step_s * 1e6) t * step_s) }
shown = 0
array ladder_at[columns]
do for [c = 1:columns] {
    ladder_at[c] = shown + 0.06
    if (ladder_row[c] > 0) {
        set label name[ladder_row[c]] at first ladder_at[c],graph 1 offset 0,1.4 left font bold(0.9) \
            textcolor rgb colour(ladder_row[c])
        shown = shown + 1
    }
}
if (lasting_s > 0) {
    set object 100 rectangle from graph 0,first 0 to graph 1,first lasting_s behind fillcolor rgb 0xe8e9ec \
        fillstyle solid 1 noborder
}
set arrow from graph 0,first 0 to graph 1,first 0 nohead linecolor rgb ink linewidth 1.2
mark_of(kind) = kind eq "lost" ? 2 : kind eq "refused" ? 6 : kind eq "connected" ? 7 : kind eq "update" ? 13 : 7
size_of(kind) = kind eq "other" ? 0.35 : kind eq "update" ? 0.9 : 1.1
ink_of(kind, i) = kind eq "update" ? colour(i) : ink
label_at(s) = abs(s) < 0.03 * latest_s ? 0.03 * latest_s : s # not on the line of the fault
kinds = "other update lost refused connected"
plot for [c = 1:columns] [-0.1 * latest_s:latest_s] "+" using (ladder_row[c] > 0 ? ladder_at[c] : NaN):1 with lines \
        linecolor rgb rule_ink linewidth 2, \
    for [c = 1:columns] for [k = 1:words(kinds)] (ladder_row[c] > 0 ? recovery(ladder_row[c]) : "/dev/null") \
        using (strcol("kind") eq word(kinds, k) ? ladder_at[c] : NaN):(column("after_s")) with points \
        pointtype mark_of(word(kinds, k)) pointsize size_of(word(kinds, k)) linewidth 1.6 \
        linecolor rgb ink_of(word(kinds, k), max(ladder_row[c], 1)), \
    for [c = 1:columns] (ladder_row[c] > 0 ? recovery(ladder_row[c]) : "/dev/null") \
        using (strcol("label") eq "-" ? NaN : ladder_at[c]):(label_at(column("after_s"))): \
        (time_us(1e6 * column("after_s"))."  ".strcol("label")) with labels left offset 1.2,0 font sized(0.85) \
        textcolor rgb ink, NaN
