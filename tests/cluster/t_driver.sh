#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A driver is killed, with and without a new one; a driver is stopped for ten seconds.
# run: alone

# shellcheck source-path=SCRIPTDIR source=../netns/lab.sh
. "$(dirname "$0")/../netns/lab.sh"
# shellcheck source=../netns/shares.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/shares.sh"
# shellcheck source=cluster.sh
. "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
# shellcheck source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

cluster_start 3
row "kill -9 of a driver, again after 0.1 s" gamma 4 driver_again gamma
row_expect lost == 0
row_expect cut_victim == 0
cluster_settled alpha beta gamma

row "kill -9 of a driver" gamma 5 driver_kill gamma
row_within $((CLUSTER_LEASE + 100))
row_expect cut_victim == 0
cluster_settled alpha beta
row "the driver is back" gamma 4 driver_start gamma
row_moves
row_expect cut_victim == 0
cluster_settled alpha beta gamma

row "SIGSTOP of a driver, 10 s" gamma 12 pause "${DRIVER[gamma]}" 10
row_gap 100
row_expect cut_victim == 0
cluster_settled alpha beta gamma

# Of two drivers on a node the one that came first goes on, and the other one when it is gone.
second_driver() {
	FIRST=${DRIVER[gamma]}
	driver_start gamma
}
first_driver_dies() {
	kill -KILL "$FIRST"
	wait "$FIRST" 2>/dev/null || true
}
row "a second driver" gamma 3 second_driver
row_expect lost == 0
cluster_settled alpha beta gamma
row "the first of two drivers dies" gamma 4 first_driver_dies
row_expect cut_victim == 0
cluster_settled alpha beta gamma
rows_end
