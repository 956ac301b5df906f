# bash completion of pushlab, pushlab-server, pushlab-client and pushlab-link.
# bench/manual.sh fills in what the programs print (--help=table).
# shellcheck shell=bash

IFS= read -r -d '' _pushlab_table <<'TABLE' || :
@TABLE@
TABLE

# _pushlab_names FOLDER... SUFFIX: the names of files there, without the suffix
_pushlab_names() {
    local suffix=${!#} folder file
    for folder in "${@:1:$#-1}"; do
        for file in "$folder"/*"$suffix"; do
            [[ -e $file ]] && file=${file##*/} && printf '%s\n' "${file%"$suffix"}"
        done
    done
}

_pushlab_runs() {
    local file
    for file in results/*/run.json; do
        [[ -e $file ]] && printf '%s\n' "${file%/run.json}"
    done
}

# _pushlab_offer CURRENT OFFERS WORDS: one line for each completion
_pushlab_offer() {
    local cur=$1 words=$3 offer
    for offer in ${2//,/ }; do
        case $offer in
        words) compgen -W "$words" -- "$cur" ;;
        file) compgen -f -- "$cur" ;;
        directory) compgen -d -- "$cur" ;;
        scenario) compgen -W "$(_pushlab_names bench/scenarios "@DATADIR@/scenarios" .json)" -- "$cur" ;;
        study) compgen -W "$(_pushlab_names bench/studies "@DATADIR@/studies" .json)" -- "$cur" ;;
        run)
            compgen -W "$(_pushlab_runs)" -- "$cur"
            compgen -d -- "$cur"
            ;;
        link) compgen -W "$(_pushlab_names bench/link/profiles "@DATADIR@/links" .link)" -- "$cur" ;;
        command) compgen -c -- "$cur" ;;
        esac
    done | sort -u
}

# The program that the line is about: "pushlab run" where a command was typed.
_pushlab_program() {
    local name=${COMP_WORDS[0]##*/} row
    row="$name"$'\tcommand\t'"${COMP_WORDS[1]}"$'\t'
    if ((COMP_CWORD > 1)) && [[ $_pushlab_table == *"$row"* ]]; then
        name+=" ${COMP_WORDS[1]}"
    fi
    printf '%s' "$name"
}

_pushlab() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local name program kind word offers words rest
    local options='' commands='' value='' value_words='' operand='' operand_words=''
    if [[ $cur == = ]]; then # "--name=value" comes as three words
        cur=''
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    name=$(_pushlab_program)
    while IFS=$'\t' read -r program kind word offers words rest; do
        [[ $program == "$name" ]] || continue
        case $kind in
        command) commands+=" $word" ;;
        operand) operand=$offers operand_words=$words ;;
        option)
            options+=" $word"
            [[ $word == "$prev" && $offers != - ]] && value=$offers value_words=$words
            ;;
        esac
    done <<<"$_pushlab_table"

    if [[ -n $value ]]; then
        operand=$value operand_words=$value_words
    elif [[ $cur == -* || (-z $commands && -z $operand) ]]; then
        operand=words operand_words=$options
    elif [[ -n $commands && $COMP_CWORD == 1 ]]; then
        operand=words operand_words=$commands
    fi
    mapfile -t COMPREPLY < <(_pushlab_offer "$cur" "$operand" "$operand_words")
    case $operand in *file* | *directory* | *run*) compopt -o filenames 2>/dev/null ;; esac
}

complete -F _pushlab pushlab pushlab-server pushlab-client pushlab-link
