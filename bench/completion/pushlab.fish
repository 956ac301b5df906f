# fish completion of pushlab, pushlab-server, pushlab-client and pushlab-link.
# bench/manual.sh fills in what the programs print (--help=table), quoted.

function __pushlab_offer
    for offer in (string split , $argv[1])
        switch $offer
            case file
                __fish_complete_path (commandline -ct)
            case directory
                __fish_complete_directories (commandline -ct)
            case scenario
                set -l files bench/scenarios/*.json '@DATADIR@/scenarios'/*.json
                string replace -r '.*/(.*)\.json$' '$1' -- $files
            case study
                set -l files bench/studies/*.json '@DATADIR@/studies'/*.json
                string replace -r '.*/(.*)\.json$' '$1' -- $files
            case run
                set -l files results/*/run.json
                string replace /run.json '' -- $files
                __fish_complete_directories (commandline -ct)
            case link
                set -l files bench/link/profiles/*.link '@DATADIR@/links'/*.link
                string replace -r '.*/(.*)\.link$' '$1' -- $files
            case command
                __fish_complete_command
        end
    end
end

# True when the line is about that program: "pushlab-link measure", or "pushlab-link" alone.
function __pushlab_is
    set -l tokens (commandline -opc)
    set -l name (basename $tokens[1])
    if contains -- "$name $tokens[2]" $__pushlab_programs
        set name "$name $tokens[2]"
    end
    test "$name" = "$argv"
end

set -g __pushlab_programs
set -l rows (string split \n -- '@TABLE@')
for row in $rows
    set -l c (string split \t -- $row)
    contains -- $c[1] $__pushlab_programs; or set -a __pushlab_programs $c[1]
end
for row in $rows
    set -l c (string split \t -- $row) # program, kind, name, offers, words, about
    test "$c[6]" = -; and set c[6] ""
    set -l complete complete -c (string split ' ' -- $c[1])[1] -n "__pushlab_is $c[1]" -d "$c[6]"
    set -l values "(__pushlab_offer $c[4])"
    test "$c[4]" = words; and set values $c[5]
    switch $c[2]
        case command
            $complete -f -a $c[3]
        case operand
            $complete -f -a $values
        case option
            set -l option (string replace -- -- '' $c[3])
            if test "$c[4]" = -
                $complete -f -l $option
            else
                $complete -x -l $option -a $values
            end
    end
end
