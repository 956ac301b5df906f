# Find stretch, the factor by which an axis is longer than its largest value so that the text beside
# each bar fits: bar_share[i] is the bar's length (0..1) of the longest one, written[i] the text.
bars_px = plot_width
do for [i = 1:rows] {
    room_px = plot_width - strlen(written[i]) * char_px - 10
    if (bar_share[i] * bars_px > room_px) { bars_px = room_px / bar_share[i] }
}
stretch = plot_width / bars_px
