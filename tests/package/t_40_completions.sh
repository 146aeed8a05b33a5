# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The completions of bash and zsh load from where the package installs them, offer every option
# and command of the programs, and read the node names from the configuration.

# shellcheck source-path=SCRIPTDIR source=package.sh
. "$(dirname "$0")/package.sh"

here=$(dirname "$0")
root=$WORK/root
# shellcheck disable=SC2153 # not $package
for package in "$PACKAGE"/clusterarpd_*.deb "$PACKAGE"/clusterarpd-corosync_*.deb; do
	dpkg-deb -x "$package" "$root"
done
conf=$WORK/nodes.conf
printf '[cluster]\n;[node nobody]\n[node alpha]\n  [node beta-2] ; comment\n' >"$conf"

# The words on one line, sorted.
words() { sort -u | tr '\n' ' '; }

in_bash() { bash --norc --noprofile "$here/complete.bash" "$root/usr/share" "$@"; }
in_zsh() { zsh -f "$here/complete.zsh" "$root/usr/share/zsh/vendor-completions" "$*"; }

long_options() { "$root/usr/sbin/$1" --help | grep -oE -- '--[a-z-]+'; }
short_options() { "$root/usr/sbin/$1" --help | sed -nE 's/^  (-[A-Za-z]),.*/\1/p'; }
commands() { "$root/usr/sbin/clusterarpctl" --help | sed -nE 's/^  ([a-z][a-z-]+) .*/\1/p'; }

for shell in bash zsh; do
	offers() { "in_$shell" "$@" | sed 's/=$//' | words; }
	for program in clusterarpd clusterarpctl clusterarpd-corosync; do
		expect "$shell: long options of $program" "$(long_options "$program" | words)" \
			"$(offers "$program" --)"
		[ "$shell" = zsh ] || expect "bash: all options of $program" \
			"$( (long_options "$program" && short_options "$program") | words)" \
			"$(offers "$program" -)"
	done
	expect "$shell: nodes" "alpha beta-2 " "$(offers clusterarpd -c "$conf" -n '')"
	expect "$shell: nodes after --node=" "alpha beta-2 " \
		"$(offers clusterarpd --config="$conf" --node=)"
	expect "$shell: nodes of the driver" "alpha beta-2 " "$(offers clusterarpd-corosync -c "$conf" -n '')"
	expect "$shell: one node" "beta-2 " "$(offers clusterarpd -c "$conf" -n b)"
	expect "$shell: commands" "$(commands | words)" "$(offers clusterarpctl '')"
	expect "$shell: commands after options" "$(commands | words)" \
		"$(offers clusterarpctl -j -s "$conf" '')"
	expect "$shell: one command" "counters " "$(offers clusterarpctl cou)"
	expect "$shell: subcommands of shares" "drain of released resume set weight " \
		"$(offers clusterarpctl shares '')"
	expect "$shell: one subcommand" "drain " "$(offers clusterarpctl shares dr)"
	expect "$shell: files" "nodes.conf" "$(basename "$(offers clusterarpd -c "${conf%.conf}")" | tr -d ' ')"
done
