#compdef acd-tui
# Completion of acd-tui in zsh; printed by `acd-tui completion zsh`.

_acd_tui() {
  local -a before found values shown open_values open_shown
  local line value about

  (( CURRENT > 2 )) && before=("${(@Q)words[2,CURRENT-1]}")
  found=("${(@f)$(${(Q)words[1]/#\~/$HOME} __complete -- "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in "${(@)found[2,-1]}"; do
    value=${line%%$'\t'*}
    about=${line#*$'\t'}
    [[ -n $about ]] && about="$value  -- $about" || about=$value
    if [[ $value == *[/:=] ]]; then
      open_values+=("$value") open_shown+=("$about")
    else
      values+=("$value") shown+=("$about")
    fi
  done
  (( $#open_values )) && compadd -S '' -l -d open_shown -a open_values
  (( $#values )) && compadd -l -d shown -a values
  [[ $found[1] == files ]] && _files
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _acd_tui "$@"
else
  compdef _acd_tui acd-tui
fi
