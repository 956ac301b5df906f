# Open the picture: question, height (in px) and optionally note are set by the script.
# SVG is drawn in px; PNG at twice that, for sharp screens, unless png_scale says otherwise.
if (!exists("png_scale")) png_scale = 2
if (!exists("note")) note = ""
face = "DejaVu Sans"
if (output_format eq "svg") {
    set terminal svg noenhanced fixed size width,height font sprintf("%s,%g", face, 12 * zoom) background "#ffffff" \
        dashlength 1.2
} else {
    set terminal pngcairo noenhanced size png_scale * width,png_scale * height \
        font sprintf("%s,%g", face, 9 * zoom) fontscale png_scale linewidth png_scale pointscale png_scale \
        background "#ffffff" dashlength 0.7
}
set output output_path

x_px(px) = (px + 0.0) / width
y_px(px) = 1 - (px + 0.0) / height
em = (output_format eq "svg" ? 12 : 9) * zoom # the base size, in the terminal's unit
char_px = 7.3 * zoom                           # a generous letter
sized(times) = sprintf("%s,%g", face, em * times)
bold(times) = sprintf("%s:Bold,%g", face, em * times)

do for [k = 1:line_count(headline(question))] {
    set label k title_line(headline(question), k) at screen x_px(18),y_px((27 + 21 * (k - 1)) * zoom) \
        left font bold(1.25) textcolor rgb ink
}
set label 6 conditions at screen x_px(18),y_px(below(50 * zoom)) left font sized(0.95) textcolor rgb soft_ink
if (!exists("interval_note")) interval_note = "Lines across the ends of bars and dots: ".interval_words."."
foot_at = 31
array foot_lines[3] = [repeated ? interval_note : "", \
    silent eq "" ? "" : "Nothing was delivered: ".silent, \
    shaken eq "" ? "" : "Disturbed, so not to be compared: ".shaken]
do for [k = 1:3] {
    if (foot_lines[k] ne "") {
        set label 7 + k foot_lines[k] at screen x_px(18),y_px(height - foot_at * zoom) left font sized(0.85) \
            textcolor rgb soft_ink
        foot_at = foot_at + 17
    }
}
set label 7 note at screen x_px(18),y_px(height - 14) left font sized(0.85) textcolor rgb soft_ink

set border 3 linecolor rgb soft_ink linewidth 0.8
set tics nomirror out scale 0.6,0.3 textcolor rgb soft_ink
set grid linetype 1 linecolor rgb rule_ink linewidth 0.8 dashtype solid
set style fill solid 1 noborder
most_labels = 6
fine_decades = 1e300 # with more of them only powers of ten are labelled
ticks_to = 1e300
unset key
