# Completion of acd-tui in bash; printed by `acd-tui completion bash`.

# Take away what quotes a word, as far as it goes without evaluating it.
__acd_tui_unquoted() {
  case $1 in
    [\'\"]*) printf '%s' "${1:1}" ;;
    *) printf '%s' "${1//\\/}" ;;
  esac
}

_acd_tui() {
  local IFS=$'\n' rest=$COMP_LINE word last strip line value
  local -a words found
  local at count=0 with_files=

  # bash ends words at `:` and `=`; where no blank stood between, put them together.
  for ((at = 0; at <= COMP_CWORD; at++)); do
    word=${COMP_WORDS[at]}
    if ((at > 0)) && [[ -n $rest && $rest != [[:blank:]]* ]]; then
      words[count - 1]+=$word
    elif ((at > 0)) && [[ -z $rest && -z $word && $COMP_LINE != *[[:blank:]] ]]; then
      :
    else
      rest=${rest#"${rest%%[![:blank:]]*}"}
      words[count++]=$word
    fi
    rest=${rest#"$word"}
  done
  for ((at = 0; at < count; at++)); do
    words[at]=$(__acd_tui_unquoted "${words[at]}")
  done
  word=${words[count - 1]}

  # What readline is going to replace is the last of its words, not of ours.
  last=${COMP_WORDS[COMP_CWORD]}
  case $last in
    : | =) strip=$word ;;
    *) strip=${word%"$(__acd_tui_unquoted "$last")"} ;;
  esac

  found=($("${COMP_WORDS[0]/#\~/$HOME}" __complete -- "${words[@]:1}" 2>/dev/null))
  with_files=${found[0]}
  COMPREPLY=()
  for line in "${found[@]:1}"; do
    value=${line%%$'\t'*}
    [[ $value == "$word"* ]] && COMPREPLY+=("${value#"$strip"}")
  done
  if [[ $with_files == files ]]; then
    if ((${#COMPREPLY[@]} == 0)); then
      compopt -o default 2>/dev/null
      return
    fi
    for line in $(compgen -f -- "$word"); do
      [[ -d $line ]] && line+=/
      COMPREPLY+=("${line#"$strip"}")
    done
  fi
  if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[/:=] ]]; then
    compopt -o nospace 2>/dev/null
  fi
  if [[ $last != [\'\"]* ]]; then
    for ((at = 0; at < ${#COMPREPLY[@]}; at++)); do
      printf -v "COMPREPLY[at]" %q "${COMPREPLY[at]}"
    done
  fi
}

complete -F _acd_tui acd-tui
