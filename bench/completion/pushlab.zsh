#compdef pushlab pushlab-server pushlab-client pushlab-link
# zsh completion. bench/manual.sh fills in what the programs print (--help=table).

_pushlab_table() {
    cat <<'TABLE'
@TABLE@
TABLE
}

_pushlab_offer() { # _pushlab_offer OFFERS WORDS
    local offer
    for offer in ${(s:,:)1}; do
        case $offer in
        words) compadd -- ${(s: :)2} ;;
        file) _files ;;
        directory) _files -/ ;;
        scenario) compadd -- {bench,'@DATADIR@'}/scenarios/*.json(N:t:r) ;;
        study) compadd -- {bench,'@DATADIR@'}/studies/*.json(N:t:r) ;;
        run)
            compadd -- results/*/run.json(N:h)
            _files -/
            ;;
        link) compadd -- {bench/link/profiles,'@DATADIR@'/links}/*.link(N:t:r) ;;
        command) _command_names -e ;;
        esac
    done
}

_pushlab() {
    local name=${words[1]:t} prev=${words[CURRENT-1]} program kind word offers choices about
    local operand operand_words row
    local -a table options commands
    table=("${(@f)$(_pushlab_table)}")
    if ((CURRENT > 2)) && [[ -n ${(M)table:#$name$'\t'command$'\t'${words[2]}$'\t'*} ]]; then
        name+=" ${words[2]}"
    fi
    if compset -P '--*='; then prev=${IPREFIX%=}; fi
    for row in $table; do
        IFS=$'\t' read -r program kind word offers choices about <<<$row
        [[ $program == $name ]] || continue
        case $kind in
        command) commands+=("$word:$about") ;;
        operand) operand=$offers operand_words=$choices ;;
        option)
            options+=("$word:$about")
            if [[ $word == $prev && $offers != - ]]; then
                _pushlab_offer $offers $choices
                return
            fi
            ;;
        esac
    done
    if [[ $PREFIX == -* || (-z $commands && -z $operand) ]]; then
        _describe -o option options
    elif [[ -n $commands && $CURRENT == 2 ]]; then
        _describe command commands
    else
        _pushlab_offer $operand $operand_words
    fi
}

_pushlab "$@"
