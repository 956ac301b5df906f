# What the live page takes from lib/proto/transport_info.def:
#   -v out=css   the colours, as --lane of what has data-transport
#   -v out=js    names, labels, paths, and whether the connection stays open (transports.js)
function text(field,    s) {
    if (!match($0, "\\." field " = \"[^\"]*\"")) return ""
    s = substr($0, RSTART, RLENGTH); sub(/^[^"]*"/, "", s); sub(/"$/, "", s)
    return s
}
function colour(field) {
    return match($0, "\\." field " = 0x[0-9A-F]+") ? "#" substr($0, RSTART + RLENGTH - 6, 6) : ""
}
BEGIN { if (out == "js") print "export const transportInfo = [" }
/^TRANSPORT\(/ { split($0, part, "\""); name = part[2] }
/\.label = / { label = text("short_label") }
/\.path = / { path = text("path") }
/\.way = / && out == "js" {
    printf "    { name: '%s', label: '%s', path: '%s', open: %s },\n", name, label, path,
        /TRANSPORT_WAY_PUSH/ ? "true" : "false"
}
/\.rgb = / && out == "css" {
    printf "[data-transport=\"%s\"] { --lane: %s; }\n", name, colour("rgb")
    if (colour("rgb_on_dark") != "")
        printf ":root[data-theme=\"dark\"] [data-transport=\"%s\"] { --lane: %s; }\n", name, colour("rgb_on_dark")
}
END { if (out == "js") print "];" }
