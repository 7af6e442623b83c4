# Completion of acd-tui in fish; printed by `acd-tui completion fish`.

function __acd_tui_complete
    set -l before (commandline -opc)
    set -l program $before[1]
    set -e before[1]
    set -l word (string unescape -- (commandline -ct))
    test -n "$word"; or set word (commandline -ct)
    test -n "$word"; or set word ''
    set -l found ($program __complete -- $before $word 2>/dev/null)
    test "$found[1]" = files; and __fish_complete_path $word
    set -e found[1]
    test -n "$found"; and printf '%s\n' $found
end

complete -c acd-tui -f -a '(__acd_tui_complete)'
