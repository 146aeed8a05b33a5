# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of clusterarpctl for bash, with bash-completion's functions.

# The instances of clusterarpd@ that have a configuration.
_clusterarpctl_instances() {
	local file name
	for file in /etc/clusterarpd/*.conf; do
		name=${file##*/}
		name=${name%.conf}
		[[ $name == clusterarpd || $name == '*' ]] || printf '%s\n' "$name"
	done
}

# Whether the words before the current one have a command already.
_clusterarpctl_has_command() {
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-s | --socket | -i | --instance) ((++i)) ;;
		-*) ;;
		*) return 0 ;;
		esac
	done
	return 1
}

_clusterarpctl() {
	local cur prev words cword split choices='-s --socket= -i --instance= -j --json
		-V --version -h --help'
	_init_completion -s || return

	case $prev in
	-s | --socket)
		_filedir
		return
		;;
	-i | --instance)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpctl_instances)" -- "$cur")
		return
		;;
	esac
	[[ $split != true ]] || return
	if [[ $cur != -* ]]; then
		! _clusterarpctl_has_command || return
		choices='status peers neigh counters version'
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
} && complete -F _clusterarpctl clusterarpctl
