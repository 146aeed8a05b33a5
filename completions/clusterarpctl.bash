# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of clusterarpctl for bash, with bash-completion's functions.

_clusterarpctl_commands() {
	printf '%s ' status peers neigh counters config reload monitor capture explain doctor metrics \
		shares check log-level version help
}

# The instances of clusterarpd@ that have a configuration file.
_clusterarpctl_instances() {
	local file name
	for file in /etc/clusterarpd/*.conf; do
		name=${file##*/}
		name=${name%.conf}
		[[ $name == clusterarpd || $name == '*' ]] || printf '%s\n' "$name"
	done
}

# The nodes that the running daemon knows; with -s or -i, the one of that socket.
_clusterarpctl_nodes() {
	local i
	local -a daemon=()
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-s | --socket | -i | --instance) daemon=("${words[i]}" "${words[i + 1]-}") ;;
		--socket=* | --instance=*) daemon=("${words[i]}") ;;
		esac
	done
	"${words[0]}" "${daemon[@]}" config 2>/dev/null | sed -n 's/^\[node \(.*\)\]$/\1/p'
}

# The nodes of the configuration file on the command line, or of the default file.
_clusterarpctl_file_nodes() {
	local i file=/etc/clusterarpd/clusterarpd.conf
	for ((i = 1; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		-c | --config) file=${words[i + 1]-} ;;
		--config=*) file=${words[i]#*=} ;;
		esac
	done
	[[ ${file:0:2} != \~/ ]] || file=$HOME${file:1}
	sed -n 's/^[[:space:]]*\[node[[:space:]]\{1,\}\([A-Za-z0-9._-]*\)[[:space:]]*].*/\1/p' \
		"$file" 2>/dev/null
}

# The words before the current one that are not options: the command and its arguments.
_clusterarpctl_arguments() {
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-s | --socket | -i | --instance | -w | --write | -c | --config | -n | --node | --side | --count | --snaplen | --wait | --epoch | --ttl | --dead) ((++i)) ;;
		-*) ;;
		*) printf '%s\n' "${words[i]}" ;;
		esac
	done
}

# The arguments of `shares`, after those that are there already.
_clusterarpctl_shares() {
	case $# in
	0) printf '%s ' of drain resume weight set released ;;
	*) [[ $1 != set && $1 != released ]] || _clusterarpctl_nodes ;;
	esac
}

# The options that apply to a command, and to a subcommand of shares; if there is no command yet,
# all options.
_clusterarpctl_options() {
	printf '%s ' -s --socket= -i --instance= -V --version -h --help
	[[ $1 == capture || $1 == help ]] || printf '%s ' -j --json
	[[ ${1:-reload} != reload ]] || printf '%s ' --dry-run
	[[ ${1:-capture} != capture ]] || printf '%s ' -w --write= --count= --snaplen=
	[[ ${1:-check} != check ]] || printf '%s ' --wait=
	[[ ${1:-explain} != explain ]] || printf '%s ' -c --config= -n --node= --side=
	[[ ${1:-shares} == shares ]] || return
	[[ ${1-} != shares || ${2:-drain} != drain ]] || printf '%s ' --wait=
	[[ ${2:-set} != set && $2 != released ]] || printf '%s ' --epoch=
	[[ ${2:-set} != set ]] || printf '%s ' --ttl= --dead=
	[[ ${2:-released} != released ]] || printf '%s ' --asking
}

_clusterarpctl() {
	local cur prev words cword split choices=''
	local -a arguments
	_init_completion -s || return

	case $prev in
	-s | --socket | -w | --write | -c | --config)
		_filedir
		return
		;;
	-i | --instance)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpctl_instances)" -- "$cur")
		return
		;;
	-n | --node)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpctl_file_nodes)" -- "$cur")
		return
		;;
	--side)
		mapfile -t COMPREPLY < <(compgen -W 'wire tap' -- "$cur")
		return
		;;
	--ttl)
		mapfile -t COMPREPLY < <(compgen -W forever -- "$cur")
		return
		;;
	--dead)
		mapfile -t COMPREPLY < <(compgen -W "$(_clusterarpctl_nodes)" -- "$cur")
		return
		;;
	--count | --wait | --epoch)
		return
		;;
	esac
	[[ $split != true ]] || return
	mapfile -t arguments < <(_clusterarpctl_arguments)
	if [[ $cur == -* ]]; then
		choices=$(_clusterarpctl_options "${arguments[0]-}" "${arguments[1]-}")
	elif ((${#arguments[@]} == 0)); then
		choices=$(_clusterarpctl_commands)
	elif [[ ${arguments[0]} == peers ]]; then
		choices=$(_clusterarpctl_nodes)
	elif [[ ${arguments[*]} == help ]]; then
		choices=$(_clusterarpctl_commands)
	elif [[ ${arguments[*]} == log-level ]]; then
		choices='error warning notice info debug'
	elif [[ ${arguments[*]} == explain ]]; then
		_filedir
		return
	elif [[ ${arguments[0]} == shares ]]; then
		choices=$(_clusterarpctl_shares "${arguments[@]:1}")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
} && complete -F _clusterarpctl clusterarpctl
