/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_reload: another configuration put into effect while the daemon runs.
 *
 * The peers' table and the configuration that it is made of change their contents, not
 * their place (peers_exchange()), so that nobody has to be told but who keeps something
 * made of them: the eBPF programs' maps, the neighbour table, the TAP's MTU and the name
 * under which the service manager keeps the TAP.
 */
#include <stdlib.h>

#include "daemon/daemon_private.h"
#include "persist/fd_store.h"
#include "io/notify.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/reload.h"

/* Whole or not at all. */
static void apply(struct daemon *d, struct reload *r)
{
	const struct fd_store_item tap = { FD_STORE_TAP, d->peers, 0 };

	fd_store_forget(&tap);
	peers_exchange(d->peers, r->peers);
	if (takeover_reload(d->wire)) {
		peers_exchange(d->peers, r->peers);
		takeover_reload(d->wire);
		config_report_add(&r->report, true, 0, "the eBPF programs have no room for it");
		r->is_possible = false;
	} else {
		relay_forget_peers(d->relay);
		neighbours_reload(d->neighbours, r->peers);
		tap_link_reload(d->host, takeover_link(d->wire) ? takeover_link(d->wire)->mtu : 0);
		d->generation++;
		r->is_applied = true;
	}
	fd_store_keep(&tap, tap_device_fd(tap_link_device(d->host)));
}

static void carry_out(struct daemon *d, struct reload *r)
{
	if (r->is_possible)
		apply(d, r);
	d->reloads++;
	d->reload_ok = r->is_applied;
	reload_log(r);
	if (event_feed_is_watched(d->monitor))
		event_feed_emit(d->monitor, "reload", NULL, reload_event(r));
}

char *daemon_reload(bool is_dry_run, void *arg)
{
	struct daemon *d = arg;
	struct load load = d->options->load;
	struct reload r;
	char *answer;

	if (!is_dry_run)
		notify_reloading();
	load.is_reload = true;
	reload_prepare(&r, &load, d->peers);
	if (!is_dry_run) {
		carry_out(d, &r);
		daemon_say_state(d, notify_ready);
	}
	answer = reload_answer(&r);
	reload_clear(&r);
	return answer;
}
