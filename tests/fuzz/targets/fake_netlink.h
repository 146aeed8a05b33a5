/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_netlink: netlink sockets on which an input arrives in place of what the kernel sends, and
 * from which nothing reaches it. It stands in for nl_recv() and nl_sendmsg() of libnl, which all of
 * libnl's other functions use; and for those that read numbers.
 */
#ifndef TESTS_FUZZ_TARGETS_FAKE_NETLINK_H
#define TESTS_FUZZ_TARGETS_FAKE_NETLINK_H

#include "target.h"

/* The datagrams to come, each as a target_part(), which is borrowed; an empty one means that
 * notifications were lost. A message with the sequence number 0 answers the last request. */
void fake_netlink_feed(struct target_input in);
bool fake_netlink_is_empty(void);
/* When there is no datagram left, each request is answered: 0, or with this negative errno. */
void fake_netlink_answer(int error);

#endif
