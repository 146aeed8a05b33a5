# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# stranger.sh: what another program sends through the NIC of a node, by a packet socket of its own.

# stranger_sends HOST ETHERTYPE: tries a frame to all; prints "sent", or the error. ETHERTYPE may begin with tags.
stranger_sends() {
	on "$1" python3 -c '
import errno, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
s.bind(("eth0", 0))
try:
    s.send(b"\xff" * 6 + b"\x02\0\0\0\0\x77" + bytes.fromhex(sys.argv[1]) + b"\0" * 46)
    print("sent")
except OSError as e:
    print(errno.errorcode[e.errno])' "$2"
}

# expect_stranger_unheard HOST: with ARP it has to believe that it was sent, or a network manager looks for
# conflicts for ever. The caller's capture of the wire must not show it (02:00:00:00:00:77).
expect_stranger_unheard() {
	expect "ARP of another program on the NIC" sent "$(stranger_sends "$1" 0806)"
	expect "ARP with a tag" sent "$(stranger_sends "$1" 810000050806)"
	expect "IPv4 of another program on the NIC" ENOBUFS "$(stranger_sends "$1" 0800)"
}
