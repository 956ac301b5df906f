# Place the plot in the picture: its distances in px from the picture's edges.
set lmargin at screen x_px(plot_left)
set rmargin at screen x_px(width - plot_right)
set bmargin at screen y_px(height - plot_bottom)
set tmargin at screen y_px(plot_top)
plot_width = width - plot_left - plot_right
plot_height = height - plot_top - plot_bottom
