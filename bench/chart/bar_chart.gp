# A picture of one panel of bars; the script sets question, note, metric, words, what, and for
# a stack paints, split (bars.gp) and part_names, which stand in a legend above.
if (!exists("paints")) paints = "transport"
if (!exists("split")) split = 0
if (!exists("part_names")) part_names = ""
row_px = rows <= 8 ? 40 : 30
plot_top = below(part_names eq "" ? 74 : 96)
height = plot_top + rows * row_px + 92 + foot_px
load scripts_dir."/open.gp"
plot_left = longest_name * char_px + 30
plot_right = 24
plot_bottom = 92 + foot_px
labelled = 1
heading = ""

# What is coloured by transport has a swatch with a stripe of each row's colour.
legend_x = plot_left
do for [k = 1:words(part_names)] {
    stripes = word(paints, k) eq "transport" ? rows : 1
    do for [i = 1:stripes] {
        set object rectangle from screen x_px(legend_x + 24.0 * (i - 1) / stripes),y_px(below(68)) \
            to screen x_px(legend_x + 24.0 * i / stripes),y_px(below(80)) \
            fillcolor rgb paint(i, word(paints, k)) fillstyle solid 1 noborder
    }
    set label word(part_names, k) at screen x_px(legend_x + 31),y_px(below(75)) left font sized(0.95) \
        textcolor rgb ink
    legend_x = legend_x + 31 + strlen(word(part_names, k)) * 6.8 + 22
}
set multiplot
load scripts_dir."/bars.gp"
unset multiplot
