# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# complete.bash DATADIR WORD…: prints bash's completions of the last word, one per line. The
# completion is loaded from DATADIR, in the way an interactive shell finds it.

export XDG_DATA_DIRS=$1
shift
# shellcheck source=/dev/null
. /usr/share/bash-completion/bash_completion
_completion_loader "$1"
[ $? -eq 124 ] || exit 1
function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')

# Readline treats '=' as a separate word.
COMP_WORDS=()
for word in "$@"; do
	case $word in
	--*=) COMP_WORDS+=("${word%%=*}" "=" "") ;;
	--*=*) COMP_WORDS+=("${word%%=*}" "=" "${word#*=}") ;;
	*) COMP_WORDS+=("$word") ;;
	esac
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$*
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
compopt() { :; } # there is no completion in progress to change
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
