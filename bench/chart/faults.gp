# Where the rows with faults stand (chart_faults.h), numbered from 1: lines of kinds, columns of transports.
connects(i) = data_dir."/connects-".id[i].".csv"
recovery(i) = data_dir."/recovery-".id[i].".csv"
faults_csv = data_dir."/faults.csv"
stats faults_csv using (column("row")) name "FAULTS" nooutput
faults = int(FAULTS_records)
array fault_row[faults]
array fault_from[faults]
array fault_to[faults]
array line_of_row[rows]
array column_of_row[rows]
do for [i = 1:rows] { line_of_row[i] = 0; column_of_row[i] = 0 }
lines = 0
columns = 0
stats faults_csv using (f = int($0) + 1, fault_row[f] = int(column("row")), fault_from[f] = column("from_s"), \
    fault_to[f] = column("to_s"), line_of_row[fault_row[f]] = int(column("line")) + 1, \
    column_of_row[fault_row[f]] = int(column("column")) + 1, lines = max(lines, line_of_row[fault_row[f]]), \
    columns = max(columns, column_of_row[fault_row[f]]), 0) nooutput
array line_name[lines]
array column_name[columns]
array column_colour[columns]
stats faults_csv using (line_name[int(column("line")) + 1] = strcol("name"), 0) nooutput
do for [i = 1:rows] {
    if (column_of_row[i] > 0) {
        column_name[column_of_row[i]] = transport[i].(closes[i] ? "+close" : "")
        column_colour[column_of_row[i]] = colour(i)
    }
}
