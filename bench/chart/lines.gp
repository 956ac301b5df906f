# What the charts with a line per row share: the picture, its place, the range of latencies.
height = below(500) + foot_px
load scripts_dir."/open.gp"

plot_left = 92
plot_right = longest_name * char_px + legend_px
plot_top = below(74)
plot_bottom = 92 + foot_px
load scripts_dir."/panel.gp"

fastest = 1e12
slowest = 0
do for [i = 1:rows] {
    if (delivered[i] > 0) {
        stats distribution(i) using (column("latency_us")) nooutput
        fastest = min(fastest, STATS_min)
        slowest = max(slowest, STATS_max)
    }
}
if (slowest == 0) {
    fastest = 100
    slowest = 1e6
    set label "nothing was delivered" at graph 0.5,0.5 center textcolor rgb soft_ink
}
if (has_floor) {
    fastest = min(fastest, floor_us * 0.85) # room for its name
    slowest = max(slowest, floor_us)
}
low = max(fastest, 1) * 0.75
high = max(slowest, 1) * 1.5
tick_words = "tick_us"
