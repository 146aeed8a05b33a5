# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of clusterarpd-corosync for bash, with bash-completion's functions.

# The nodes of the configuration file on the command line, or of the default file.
_clusterarpd_corosync_nodes() {
	local i file=/etc/clusterarpd/clusterarpd.conf
	for ((i = 1; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		-c | --config) file=${words[i + 1]-} ;;
		--config=*) file=${words[i]#*=} ;;
		-c?*) file=${words[i]#-c} ;;
		esac
	done
	[[ ${file:0:2} != \~/ ]] || file=$HOME${file:1}
	sed -n 's/^[[:space:]]*\[node[[:space:]]\{1,\}\([A-Za-z0-9._-]*\)[[:space:]]*].*/\1/p' \
		"$file" 2>/dev/null
}

_clusterarpd_corosync() {
	# shellcheck disable=SC2034 # _init_completion sets all of them
	local cur prev words cword split
	_init_completion -s || return

	case $prev in
	-n | --node)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpd_corosync_nodes)" -- "$cur")
		return
		;;
	-c | --config | -s | --socket)
		_filedir
		return
		;;
	esac
	[[ $split != true ]] || return
	mapfile -t COMPREPLY < <(compgen -W '-c --config= -n --node= -s --socket= -t --test
		-v --verbose -V --version -h --help' -- "$cur")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
} && complete -F _clusterarpd_corosync clusterarpd-corosync
