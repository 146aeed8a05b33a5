# SPDX-License-Identifier: GPL-2.0-or-later
#
# complete.zsh DIRECTORY LINE: prints zsh's completions at the end of LINE, one per line. An
# interactive shell that finds the completion in DIRECTORY gets the line and a tab, and records
# what it would offer.

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

# within SECONDS LINE: waits until the results have LINE; drains the shell's terminal while waiting.
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
