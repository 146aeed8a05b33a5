# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# examples/service-drop-in: the service is stopped when its node is drained, and not before; it resumes
# after a start; a crash does neither. A stand-in for nginx, with the ExecStop= of Debian's unit.

# shellcheck source-path=SCRIPTDIR source=booted.sh
. "$(dirname "$0")/booted.sh"

network
configure
sed -i 's/^\[node alpha\]/shares = driven\n&/' /etc/clusterarpd/clusterarpd.conf
systemctl start clusterarpd || fail "clusterarpd does not start"

cat >/etc/systemd/system/nginx.service <<'UNIT'
[Service]
Type=forking
PIDFile=/run/nginx.pid
ExecStart=/bin/sh -c 'sleep infinity & echo $! >/run/nginx.pid'
ExecStop=-/sbin/start-stop-daemon --quiet --stop --retry QUIT/5 --pidfile /run/nginx.pid
TimeoutStopSec=5
KillMode=mixed
UNIT
cp -r /usr/share/doc/clusterarpd/examples/service-drop-in/nginx.service.d /etc/systemd/system/
systemctl daemon-reload

wish() { clusterarpctl -j shares | jq -c .shares.wish; }
wishes() { [ "$(wish)" = "$1" ]; }
state() { systemctl is-active nginx || true; }
is_in() { [ "$(state)" = "$1" ]; }

clusterarpctl shares set --epoch 1 --ttl forever alpha beta >/dev/null
clusterarpctl shares weight 7 >/dev/null
systemctl start nginx || fail "nginx does not start"
expect "the wish after the start" null "$(wish)"

kill -9 "$(cat /run/nginx.pid)"
within 5 is_in failed || fail "nginx has not died"
expect "the wish after a crash" null "$(wish)"
systemctl start nginx

# The driver is slow: nginx waits for it, for longer than its own TimeoutStopSec=.
systemctl stop --no-block nginx
within 5 wishes 0 || fail "the node is not drained"
sleep 6
expect "while the node is drained" deactivating "$(state)"
kill -0 "$(cat /run/nginx.pid)" || fail "nginx was stopped before the node was drained"
clusterarpctl shares set --epoch 2 --ttl forever alpha=0 beta >/dev/null
within 15 is_in inactive || fail "nginx is not stopped when the node is drained"
expect "the result" success "$(systemctl show -P Result nginx)"
expect "drained" drained "$(clusterarpctl -j shares | jq -r '.shares.nodes[0].state')"

systemctl start nginx
expect "the wish after the next start" null "$(wish)"

# Without the daemon, too, it starts and stops.
systemctl stop clusterarpd
systemctl restart nginx || fail "nginx does not restart without clusterarpd"
expect "without clusterarpd" active "$(state)"
