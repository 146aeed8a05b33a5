# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# pacemaker.sh: pacemaker on the nodes of the cluster, in their rooms. Sourced before a room is made, after
# cluster.sh.

# shellcheck disable=SC2034 # program_end has the names of such arrays
declare -A PACEMAKER=()
EXAMPLE=$(cd "$LAB_TOP/../../examples" && pwd)/pacemaker.md

# More in each room: pacemaker's directories, the resource agent where the package installs it, clusterarpctl
# for this node's daemon, and nginx's configuration.
pacemaker_rooms() {
	local top
	top=$(cd "$LAB_TOP/../.." && pwd)
	# shellcheck disable=SC2034 # cluster.sh
	ROOM_MORE="
		for d in lib log; do
			mount -t tmpfs -o mode=770,uid=hacluster,gid=haclient room /var/\$d/pacemaker
		done
		for d in blackbox cib cores pengine; do
			install -d -m 750 -o hacluster -g haclient /var/lib/pacemaker/\$d
		done
		mkdir \$dir/ocf \$dir/bin \$dir/nginx
		cp -a /usr/lib/ocf/resource.d/. \$dir/ocf
		install -D -m 755 '$top/ocf/shares' \$dir/ocf/clusterarpd/shares
		mount --bind \$dir/ocf /usr/lib/ocf/resource.d
		printf '#!/bin/sh\nexec \"%s\" -s \"%s\" \"\$@\"\n' '$CLUSTERARPCTL' \"/run/clusterarpd/\$node/control.sock\" \
			>\$dir/bin/clusterarpctl
		chmod 755 \$dir/bin/clusterarpctl
		mount --bind '$LAB_DIR/nginx.'\$node /etc/nginx/nginx.conf"
}

pacemaker_start() {
	install -o hacluster -g haclient /dev/null "$LAB_DIR/pacemaker.$1.log"
	inside_exec "$1" env PATH="/run/bin:$PATH" PCMK_logfile="$LAB_DIR/pacemaker.$1.log" PCMK_node_start_state=default \
		pacemakerd -f >>"$LAB_DIR/pacemaker.$1.out" 2>&1 </dev/null &
	PACEMAKER[$1]=$!
}
# pacemaker_stop NODE: its resources stop.
pacemaker_stop() { program_end PACEMAKER "$1" TERM; }

# crm_on NODE COMMAND…: with what a root shell has there.
crm_on() {
	local node=$1
	shift
	inside "$node" env PATH="/run/bin:$PATH" timeout 60 "$@"
}
# example crm|pcs: the commands that the example has for it.
example() {
	awk -v tool="$1" '/^## / { here = $0 == "## With " tool } /^```/ { code = /sh$/; next } here && code' "$EXAMPLE"
}

# runs RESOURCE NODE…: it runs on exactly these nodes.
runs() {
	local resource=$1
	shift
	[ "$(runs_on "$resource")" = "$*" ]
}
runs_on() {
	crm_on alpha crm_resource -W -r "$1-clone" 2>/dev/null | sed -n 's/.*is running on: \([a-z]*\).*/\1/p' |
		sort | xargs
}
