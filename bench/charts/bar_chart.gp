# A picture of one panel of bars; the script sets question, note, metric, stacked_on, words, what.
width = 800
row_px = rows <= 8 ? 40 : 30
height = 74 + rows * row_px + 92 + foot_px
load scripts_dir."/open.gp"
split = stacked_on ne ""
plot_left = longest_name * char_px + 30
plot_right = 24
plot_top = 74
plot_bottom = 92 + foot_px
labelled = 1
heading = ""
set multiplot
load scripts_dir."/bars.gp"
unset multiplot
