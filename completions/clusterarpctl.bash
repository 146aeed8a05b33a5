# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of clusterarpctl for bash, with bash-completion's functions.

# The instances of clusterarpd@ that have a configuration file.
_clusterarpctl_instances() {
	local file name
	for file in /etc/clusterarpd/*.conf; do
		name=${file##*/}
		name=${name%.conf}
		[[ $name == clusterarpd || $name == '*' ]] || printf '%s\n' "$name"
	done
}

# The words before the current one that are not options: the command and its argument.
_clusterarpctl_arguments() {
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-s | --socket | -i | --instance | -w | --write | --count) ((++i)) ;;
		-*) ;;
		*) printf '%s\n' "${words[i]}" ;;
		esac
	done
}

# The options that apply to a command; if there is no command yet, all options.
_clusterarpctl_options() {
	printf '%s ' -s --socket= -i --instance= -V --version -h --help
	[[ $1 == capture ]] || printf '%s ' -j --json
	[[ ${1:-reload} != reload ]] || printf '%s ' --dry-run
	[[ ${1:-capture} != capture ]] || printf '%s ' -w --write= --count=
}

_clusterarpctl() {
	local cur prev words cword split choices=''
	local -a arguments
	_init_completion -s || return

	case $prev in
	-s | --socket | -w | --write)
		_filedir
		return
		;;
	-i | --instance)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpctl_instances)" -- "$cur")
		return
		;;
	--count)
		return
		;;
	esac
	[[ $split != true ]] || return
	mapfile -t arguments < <(_clusterarpctl_arguments)
	if [[ $cur == -* ]]; then
		choices=$(_clusterarpctl_options "${arguments[0]-}")
	elif ((${#arguments[@]} == 0)); then
		choices='status peers neigh counters config reload monitor capture metrics
			log-level version'
	elif [[ ${arguments[*]} == log-level ]]; then
		choices='error warning notice info debug'
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
} && complete -F _clusterarpctl clusterarpctl
