# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# nginx.sh: nginx on the nodes, and what ab says. Sourced after lab.sh.

declare -A NGINX=()

# nginx_conf NODE DIRECTORY: the configuration of a server that has its files there: it serves /name, the
# node's name, and the files of /run/www on the cluster addresses, port 8080.
nginx_conf() {
	cat <<-CONF
		user root;
		worker_processes 1;
		pid $2/pid;
		error_log $2/error.log warn;
		events { worker_connections 4096; }
		http {
			access_log off;
			keepalive_requests 1000000;
			client_body_temp_path $2/body;
			proxy_temp_path $2/proxy;
			fastcgi_temp_path $2/fastcgi;
			uwsgi_temp_path $2/uwsgi;
			scgi_temp_path $2/scgi;
			server {
				listen $LAB_CLUSTER_IP:8080 backlog=4096;
				$([ "$LAB_FAMILY" = 4 ] || echo "listen [$LAB_CLUSTER_IP6]:8080 backlog=4096;")
				root /run/www;
				location /name { return 200 "$1\\n"; }
			}
		}
	CONF
}

nginx_start() {
	local node=$1 dir=/run/nginx/$1
	mkdir -p "$dir" /run/www
	nginx_conf "$node" "$dir" >"$dir/nginx.conf"
	ip netns exec "$node" nginx -c "$dir/nginx.conf" -g 'daemon off;' >"$LAB_DIR/$node.nginx.log" 2>&1 </dev/null &
	NGINX[$node]=$!
	within 5 listens "$node" 8080 || fail "no nginx on $node: $(cat "$LAB_DIR/$node.nginx.log")"
}
nginx_stop_all() {
	kill "${NGINX[@]}"
	wait "${NGINX[@]}" 2>/dev/null || true
}

# In $LAB_DIR/program, what ab has printed.
of_ab() { sed -n "s/^$1: *\([0-9]*\).*/\1/p" "$LAB_DIR/program"; }
# ab_failed: CONNECT RECEIVE EXCEPTIONS. The nodes' names differ in length, which ab counts as failed: only
# the other reasons are failures.
ab_failed() {
	sed -n 's/.*Connect: \([0-9]*\), Receive: \([0-9]*\), Length: [0-9]*, Exceptions: \([0-9]*\).*/\1 \2 \3/p' \
		"$LAB_DIR/program" | grep . || echo "0 0 0"
}
