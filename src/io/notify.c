/* SPDX-License-Identifier: GPL-2.0-or-later */
/* notify: messages to and from the service manager; see notify.h. */
#include "io/notify.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

void notify_ready(const char *status)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_status(const char *status)
{
	sd_notifyf(0, "STATUS=%s", status);
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
		   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}

unsigned notify_watchdog_ms(void)
{
	uint64_t us;

	return sd_watchdog_enabled(0, &us) > 0 ? (unsigned)(us / 1000) : 0;
}

void notify_watchdog(void)
{
	sd_notify(0, "WATCHDOG=1");
}

void notify_store(int fd, const char *name)
{
	char *message;

	/* FDPOLL=0: without it the manager would drop a packet socket whose interface is down,
	 * because it polls an error. */
	if (asprintf(&message, "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name) < 0)
		return;
	sd_pid_notify_with_fds(0, 0, message, &fd, 1);
	free(message);
}

void notify_forget(const char *name)
{
	sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

/* The descriptors that the service manager passed (sd_listen_fds(3)); one list per process. */
static struct {
	bool read;
	char **names; /* entry NULL: taken */
	int count;
} handed;

static void read_handed(void)
{
	if (handed.read)
		return;
	handed.read = true;
	handed.count = sd_listen_fds_with_names(1, &handed.names);
}

static void drop_name(int i)
{
	free(handed.names[i]);
	handed.names[i] = NULL;
}

int notify_take(const char *name)
{
	int i;

	read_handed();
	for (i = 0; i < handed.count; i++) {
		if (!handed.names[i] || strcmp(handed.names[i], name) != 0)
			continue;
		drop_name(i);
		return SD_LISTEN_FDS_START + i;
	}
	return -1;
}

unsigned notify_discard_rest(void)
{
	unsigned n = 0;
	int i;

	read_handed();
	for (i = 0; i < handed.count; i++) {
		if (!handed.names[i])
			continue;
		notify_forget(handed.names[i]);
		close(SD_LISTEN_FDS_START + i);
		drop_name(i);
		n++;
	}
	free(handed.names);
	handed.names = NULL;
	handed.count = 0;
	return n;
}

#define MANAGER        "org.freedesktop.systemd1"
#define BUS_TIMEOUT_US 1000000

/* The D-Bus object path of this process's unit, from malloc(); NULL: none. */
static char *own_unit(sd_bus *bus)
{
	sd_bus_message *reply = NULL;
	const char *unit;
	char *copy = NULL;

	if (sd_bus_call_method(bus, MANAGER, "/org/freedesktop/systemd1", MANAGER ".Manager",
			       "GetUnitByPID", NULL, &reply, "u", (uint32_t)getpid()) >= 0 &&
	    sd_bus_message_read(reply, "o", &unit) >= 0)
		copy = strdup(unit);
	sd_bus_message_unref(reply);
	return copy;
}

/* The type of the current job of `unit`, from malloc(); NULL: none. */
static char *job_type(sd_bus *bus, const char *unit)
{
	sd_bus_message *reply = NULL;
	const char *job;
	char *type = NULL;
	uint32_t id;

	if (sd_bus_get_property(bus, MANAGER, unit, MANAGER ".Unit", "Job", NULL, &reply, "(uo)") >=
		    0 &&
	    sd_bus_message_read(reply, "(uo)", &id, &job) >= 0 && id)
		sd_bus_get_property_string(bus, MANAGER, job, MANAGER ".Job", "JobType", NULL,
					   &type);
	sd_bus_message_unref(reply);
	return type;
}

bool notify_is_expected(void)
{
	return getenv("NOTIFY_SOCKET");
}

/* NULL: there is no manager to ask. */
static sd_bus *open_bus(void)
{
	sd_bus *bus = NULL;

	if (!notify_is_expected() || sd_bus_open_system(&bus) < 0)
		return NULL;
	sd_bus_set_method_call_timeout(bus, BUS_TIMEOUT_US);
	return bus;
}

int notify_restarts(void)
{
	sd_bus *bus = open_bus();
	char *unit = bus ? own_unit(bus) : NULL;
	uint32_t count;
	int rc = -1;

	if (unit && sd_bus_get_property_trivial(bus, MANAGER, unit, MANAGER ".Service", "NRestarts",
						NULL, 'u', &count) >= 0)
		rc = count < INT_MAX ? (int)count : INT_MAX;
	free(unit);
	sd_bus_flush_close_unref(bus);
	return rc;
}

bool notify_is_restart(void)
{
	char *unit = NULL, *type = NULL;
	sd_bus *bus = open_bus();
	bool yes = false;

	if (!bus)
		return false;
	unit = own_unit(bus);
	type = unit ? job_type(bus, unit) : NULL;
	yes = type && !strcmp(type, "restart");
	free(type);
	free(unit);
	sd_bus_flush_close_unref(bus);
	return yes;
}

bool notify_stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       !fstat(STDERR_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}
