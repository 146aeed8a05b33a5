# SPDX-License-Identifier: GPL-2.0-or-later
#
# complete.zsh DIRECTORY LINE: what zsh offers at the end of the line, one a line. The
# completion is found as an interactive shell finds it, in DIRECTORY: such a shell gets
# the line and a tab, and writes down what it would offer.

zmodload zsh/zpty
results=$(mktemp)
trap 'rm -f $results' EXIT

zpty shell "exec env RESULTS=$results DIRECTORY=$1 zsh -f -i"
zpty -w shell "$(<<'SETUP'
PS1= fpath=($DIRECTORY $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	local -a offered
	if [[ -z ${(M)@:#-[OAD]*} ]]; then
		builtin compadd -O offered "$@"
		print -rl -- $offered >>$RESULTS
	fi
	builtin compadd "$@"
}
note() { _main_complete; print -r -- END >>$RESULTS }
zle -C note complete-word note
bindkey '^I' note
print READY >>$RESULTS
SETUP
)"

# within SECONDS LINE: the shell wrote it; its terminal is read meanwhile.
within() {
	local end=$((SECONDS + $1)) noise
	until grep -qx -- $2 $results; do
		((SECONDS <= end)) || exit 1
		zpty -rt shell noise
		sleep 0.02
	done
}
within 10 READY
zpty -n -w shell "$2"$'\t'
within 10 END
zpty -d shell
sed -E '/^(READY|END|)$/d' $results | sort -u
