#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""nd_vectors.py: writes nd_vectors.h, the Neighbour Discovery frames of test_nd.c, to stdout.

Each vector is a frame and what must become of it, by the rules of SPEC section 4. Scapy builds both
frames, with their checksums, independently of the code under test. With --check FILE it compares
instead, and with --groups it counts the vectors of each group.
"""

import dataclasses
import logging
import struct
import sys
from dataclasses import dataclass

logging.getLogger("scapy").setLevel(logging.ERROR)
# pylint: disable=wrong-import-position
from scapy.layers.inet6 import (ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect,
                                ICMPv6ND_RS, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU,
                                ICMPv6NDOptPrefixInfo, ICMPv6NDOptRedirectedHdr,
                                ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.utils import checksum

# --- the cluster of cluster.h, with both families ------------------------------------------

CLUSTER = "02:bf:aa:bb:cc:dd"
OUT = "00:16:3e:00:00:09"
EVIL = "00:16:3e:00:00:66"
NODES = {"alpha": 1, "beta": 2, "gamma": 3}
CLUSTER6 = "2001:db8::100"
OUT6, OUT_LL = "2001:db8::200", "fe80::216:3eff:fe00:9"
VIP = "2001:db8::150"            # in no file
ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
MAC_NODES, MAC_ROUTERS = "33:33:00:00:00:01", "33:33:00:00:00:02"
ANY = "::"


def ip6(node):
    return f"2001:db8::10{NODES[node]}"


def unicast(node):
    return f"06:bf:0c:0c:04:6{4 + NODES[node]}"


def group(node):
    return f"03:bf:0c:0c:04:6{4 + NODES[node]}"


def masked(node):
    return f"02:0{NODES[node]}:aa:bb:cc:dd"


def identifier(node, first="4bf"):
    """The interface identifier of a node: EUI-64 of its dedicated MAC."""
    return f"{first}:cff:fe0c:46{4 + NODES[node]}"


def link_local(node, first="4bf"):
    return f"fe80::{identifier(node, first)}"


def slaac(node):
    return f"2001:db8:77:0:{identifier(node)}"


A, B, G = ip6("alpha"), ip6("beta"), ip6("gamma")
A_LL, B_LL = link_local("alpha"), link_local("beta")
A_MAC, B_MAC, G_MAC = unicast("alpha"), unicast("beta"), unicast("gamma")


@dataclass(frozen=True)
class Mode:
    """How source_mac and dedicated_mac are set, and the MACs that follow."""
    name: str
    keys: str
    dedicated: callable
    source: callable
    first: str       # of interface identifiers


def shared(_):
    return CLUSTER


MODES = (
    Mode("dedicated", "", unicast, unicast, "4bf"),
    Mode("masked", "source_mac = masked\\n", unicast, masked, "4bf"),
    Mode("cluster", "source_mac = cluster\\n", unicast, shared, "4bf"),
    Mode("multicast", "dedicated_mac = multicast\\n", group, masked, "1bf"),
    Mode("multicast, cluster", "dedicated_mac = multicast\\nsource_mac = cluster\\n", group, shared,
         "1bf"),
)
FIGURE6 = MODES[4]

# --- frames ---------------------------------------------------------------------------------


def solicited(address):
    """The solicited-node address of an address, and its MAC (RFC 4291 2.7.1, RFC 2464 7)."""
    from scapy.utils6 import in6_getnsma  # pylint: disable=import-outside-toplevel
    from scapy.pton_ntop import inet_ntop, inet_pton  # pylint: disable=import-outside-toplevel
    import socket  # pylint: disable=import-outside-toplevel
    raw = in6_getnsma(inet_pton(socket.AF_INET6, address))
    return inet_ntop(socket.AF_INET6, raw), "33:33:" + ":".join(f"{b:02x}" for b in raw[12:])


@dataclass(frozen=True)
class Frame:
    """A Neighbour Discovery frame; but() gives one that differs."""
    kind: str                  # NS NA RS RA Redirect
    eth: tuple                 # source, destination
    src: str
    dst: str
    target: str = ""
    macs: tuple = ()           # source link-layer options; of NA and Redirect: target ones
    before: tuple = ()         # options before those
    after: tuple = ()          # options after those
    tags: tuple = ()           # (EtherType, TCI)
    hop: int = 255
    code: int = 0
    extension: object = None   # an extension header before ICMPv6
    padding: bytes = b""
    longer: int = 0            # added to the payload length
    cut: int = 0               # bytes cut from the end of the frame, after the checksum
    shorten: int = 0           # likewise, and from the payload length, before the checksum
    damage: int = 0            # xor of the checksum
    version: int = 6
    partial: bool = False      # the checksum field holds the pseudo-header's sum

    def but(self, **changes):
        if "eth_src" in changes:
            changes["eth"] = (changes.pop("eth_src"), self.eth[1])
        if "eth_dst" in changes:
            changes["eth"] = (changes.get("eth", self.eth)[0], changes.pop("eth_dst"))
        return dataclasses.replace(self, **changes)

    def option(self, address):
        if self.kind in ("NA", "Redirect"):
            return ICMPv6NDOptDstLLAddr(lladdr=address)
        return ICMPv6NDOptSrcLLAddr(lladdr=address)

    def message(self):
        head = {
            "NS": lambda: ICMPv6ND_NS(tgt=self.target),
            "NA": lambda: ICMPv6ND_NA(tgt=self.target, R=0, O=1,
                                      S=0 if self.dst == ALL_NODES else 1),
            "RS": ICMPv6ND_RS,
            "RA": lambda: ICMPv6ND_RA(routerlifetime=1800, chlim=64),
            "Redirect": lambda: ICMPv6ND_Redirect(tgt=self.target, dst="2001:db8:5::5"),
        }[self.kind]()
        head.code = self.code
        packet = head
        for option in (*self.before, *map(self.option, self.macs), *self.after):
            packet = packet / (Raw(option) if isinstance(option, bytes) else option)
        raw = bytes(packet)
        return raw[:len(raw) - self.shorten]

    def summed(self, message):
        """The message with its checksum."""
        plain = message[:2] + b"\0\0" + message[4:]
        if len(plain) < 4:
            return plain
        pseudo = bytes(IPv6(src=self.src, dst=self.dst))[8:40] + struct.pack("!II", len(plain), 58)
        # scapy's one's complement sum over the pseudo-header and the message (RFC 4443 2.3)
        value = checksum(pseudo) ^ 0xFFFF if self.partial else checksum(pseudo + plain)
        return plain[:2] + struct.pack("!H", value ^ self.damage) + plain[4:]

    def build(self):
        message = self.summed(self.message())
        ip = IPv6(src=self.src, dst=self.dst, hlim=self.hop, version=self.version)
        if self.extension is None:
            ip.nh = 58
            body = message
        else:
            body = bytes(chained(self.extension)) + message
            ip.nh = EXTENSIONS[type(self.extension)]
        ip.plen = max(0, len(body) + self.longer)
        packet = Ether(src=self.eth[0], dst=self.eth[1], type=0x86DD)
        raw = bytes(packet)[:12]
        for ethertype, tci in self.tags:
            raw += struct.pack("!HH", ethertype, tci)
        raw += b"\x86\xdd" + bytes(ip)[:40] + body + self.padding
        return raw[:len(raw) - self.cut]


EXTENSIONS = {IPv6ExtHdrHopByHop: 0, IPv6ExtHdrRouting: 43, IPv6ExtHdrFragment: 44,
              IPv6ExtHdrDestOpt: 60}


def chained(extension):
    """The extension headers, the last of which is followed by ICMPv6."""
    after = extension.payload
    extension.nh = EXTENSIONS.get(type(after), 58)
    if type(after) in EXTENSIONS:
        chained(after)
    return extension


def rebuilt(raw):
    """The same frame as scapy builds it from its parts, with length and checksum filled in."""
    packet = Ether(raw)
    del packet[IPv6].plen
    del packet[IPv6].payload.cksum
    return bytes(packet)


# --- vectors ----------------------------------------------------------------------------------


@dataclass
class Vector:
    group: str
    name: str
    keys: str
    node: str
    way: str
    frame: bytes
    drop: str        # "" : passes
    out: bytes
    own: str = ""    # an address that the host has beside the file
    tentative: bool = False


vectors = []
partial = []
where = {"group": "", "table": vectors}


def passes(name, way, f, out=None, keys="", node="alpha", **more):
    """`f` passes and comes out as `out`; None: as it is."""
    out = f if out is None else out
    add(name, way, f, "", out, keys, node, **more)


def dropped(name, reason, f, keys="", node="alpha", way="ingress", **more):
    add(name, way, f, reason, None, keys, node, **more)


def add(name, way, f, drop, out, keys, node, **more):
    raw = f if isinstance(f, bytes) else f.build()
    done = b"" if out is None else out if isinstance(out, bytes) else out.build()
    where["table"].append(Vector(where["group"], f"{where['group']}: {name}", keys, node, way, raw,
                                 drop, done, **more))


def egress(name, f, out=None, **more):
    """What leaves has the wire source MAC (E1), if nothing else is said."""
    out = f if out is None else out
    if "mode" in more:
        mode = more.pop("mode")
        more["keys"] = mode.keys + more.get("keys", "")
        source = mode.source
    else:
        source = unicast
    passes(name, "egress", f, out.but(eth_src=source(more.get("node", "alpha"))), **more)


def ingress(name, f, out=None, **more):
    if "mode" in more:
        more["keys"] = more.pop("mode").keys + more.get("keys", "")
    passes(name, "ingress", f, out, **more)


def ns(src, target, mac, eth_src=CLUSTER, **more):
    """A multicast Neighbour Solicitation, with `mac` in its option; "" for none."""
    dst, eth_dst = solicited(target)
    return Frame("NS", (eth_src, eth_dst), src, dst, target, (mac,) if mac else (), **more)


def poll(src, target, mac, eth_dst, eth_src=CLUSTER, **more):
    """A unicast Neighbour Solicitation (RFC 4861 7.3.3)."""
    return Frame("NS", (eth_src, eth_dst), src, target, target, (mac,) if mac else (), **more)


def na(target, dst, mac, eth_dst, eth_src=CLUSTER, src=None, **more):
    return Frame("NA", (eth_src, eth_dst), src or target, dst, target, (mac,) if mac else (), **more)


def unsolicited(target, mac, eth_src=CLUSTER, **more):
    return na(target, ALL_NODES, mac, MAC_NODES, eth_src, **more)


def rs(src, mac, eth_src=CLUSTER, dst=ALL_ROUTERS, eth_dst=MAC_ROUTERS, **more):
    return Frame("RS", (eth_src, eth_dst), src, dst, "", (mac,) if mac else (), **more)


def ra(src, mac, eth_src=CLUSTER, dst=ALL_NODES, eth_dst=MAC_NODES, **more):
    return Frame("RA", (eth_src, eth_dst), src, dst, "", (mac,) if mac else (), **more)


def redirect(src, dst, target, mac, eth_src, eth_dst, **more):
    return Frame("Redirect", (eth_src, eth_dst), src, dst, target, (mac,) if mac else (), **more)


NONCE = bytes([14, 1]) + bytes.fromhex("c0ffee123456")
REDIRECTED = ICMPv6NDOptRedirectedHdr(pkt=IPv6(src=A, dst="2001:db8:5::5") / Raw(b"x" * 24))


def set_group(name):
    where["group"] = name


# --- figure 6 (SPEC 2) in terms of Neighbour Discovery ----------------------------------------


def figure6():
    set_group("figure 6")
    more = {"keys": FIGURE6.keys}
    a, b = group("alpha"), group("beta")
    row600 = ns(A, B, CLUSTER)
    row610 = row600.but(macs=(a,))
    row620 = na(B, A, CLUSTER, a)
    row630 = row620.but(macs=(b,))
    row640 = row630.but(eth_dst=CLUSTER)
    assert row600.eth[1] == "33:33:ff:00:01:02" and row600.dst == "ff02::1:ff00:102"
    passes("600 to 610", "egress", row600, row610, **more)
    passes("610 at B", "ingress", row610, node="beta", **more)
    passes("610 at a bystander", "ingress", row610, node="gamma", **more)
    dropped("610 comes back to A", "echo", row610, **more)
    passes("620 to 630", "egress", row620, row630, node="beta", **more)
    passes("630 to 640", "ingress", row630, row640, **more)
    dropped("630 at a bystander", "not_ours", row630, node="gamma", **more)


# --- egress -------------------------------------------------------------------------------------


def E1_E2():
    set_group("E2")
    for m in MODES:
        own, b, b_ll = m.dedicated("alpha"), m.dedicated("beta"), link_local("beta", m.first)
        a_ll = link_local("alpha", m.first)
        for name, f in (
                ("NS", ns(A, B, CLUSTER)),
                ("NS, link-local", ns(a_ll, b_ll, CLUSTER)),
                ("unicast NS", poll(A, B, CLUSTER, b)),
                ("NA", na(A, B, CLUSTER, b)),
                ("NA, link-local", na(a_ll, b_ll, CLUSTER, b)),
                ("RS to a peer", rs(a_ll, CLUSTER, dst=b_ll, eth_dst=b)),
                ("RA to a peer", ra(a_ll, CLUSTER, dst=b_ll, eth_dst=b)),
                ("redirect to a peer, Target own",
                 redirect(a_ll, B, A, CLUSTER, CLUSTER, b, after=(REDIRECTED,)))):
            egress(f"{name}, source_mac = {m.name}", f, f.but(macs=(own,)), mode=m)
    f = poll(A, B, "", B_MAC)
    egress("unicast NS without option", f)
    egress("NA without option", na(A, B, "", B_MAC))
    f = ns(A, slaac("beta"), CLUSTER)
    egress("NS for a peer's identifier in another prefix", f, f.but(macs=(A_MAC,)))
    f = na(A_LL, slaac("beta"), CLUSTER, B_MAC)
    egress("NA to a peer's identifier in another prefix", f, f.but(macs=(A_MAC,)))
    f = ns("2001:db8:99::1", B, CLUSTER)
    egress("NS from an own address beside the file", f, f.but(macs=(A_MAC,)),
           own="2001:db8:99::1/64")
    egress("NS from an address that is nobody's", f)
    f = ns(A, B, CLUSTER, before=(NONCE,))
    egress("the option after another", f, f.but(macs=(A_MAC,)))
    f = ns(A, B, B_MAC)
    egress("any MAC in the option", f, f.but(macs=(A_MAC,)))


def E2b():
    set_group("E2b")
    for m in MODES:
        own = m.dedicated("alpha")
        f = ns(CLUSTER6, B, CLUSTER)
        egress(f"NS, source_mac = {m.name}", f, f.but(src=A, macs=(own,)), mode=m)
        f = na(CLUSTER6, B, CLUSTER, m.dedicated("beta"), src=A)
        egress(f"NA, source_mac = {m.name}", f, f.but(target=A, macs=(own,)), mode=m)
    f = poll(CLUSTER6, B, CLUSTER, B_MAC)
    egress("unicast NS", f, f.but(src=A, macs=(A_MAC,)))
    f = poll(CLUSTER6, B, "", B_MAC)
    egress("unicast NS without option", f, f.but(src=A))
    f = ns(CLUSTER6, B_LL, CLUSTER)
    egress("NS for a peer's link-local address", f, f.but(src=A_LL, macs=(A_MAC,)))
    f = ns(CLUSTER6, slaac("beta"), CLUSTER)
    egress("NS for a peer's identifier in another prefix", f, f.but(src=A, macs=(A_MAC,)))
    egress("NS for an outsider", ns(CLUSTER6, OUT6, CLUSTER))
    f = ns(CLUSTER6, B, CLUSTER)
    out = f.but(src=ip6("gamma"), macs=(G_MAC,))
    egress("NS from another node", f, out, node="gamma")


def E3():
    set_group("E3")
    kept = (
        ("NS for an outsider", ns(A, OUT6, CLUSTER)),
        ("NS for an outsider, link-local", ns(A_LL, OUT_LL, CLUSTER)),
        ("NA to an outsider", na(A, OUT6, CLUSTER, OUT)),
        ("unsolicited NA", unsolicited(A, CLUSTER)),
        ("RS to all routers", rs(A_LL, CLUSTER)),
        ("RA to all nodes", ra(A_LL, CLUSTER)),
        ("redirect to an outsider, Target own", redirect(A_LL, OUT6, A, CLUSTER, CLUSTER, OUT)),
    )
    never = (
        ("NA to an outsider, cluster address", na(CLUSTER6, OUT6, CLUSTER, OUT)),
        ("unsolicited NA, cluster address", unsolicited(CLUSTER6, CLUSTER)),
        ("DAD", ns(ANY, A, "")),
        ("DAD with nonce", ns(ANY, A, "", after=(NONCE,))),
        ("DAD for a peer's address", ns(ANY, B, "")),
        ("RS without address", rs(ANY, "")),
        ("redirect to an outsider, Target an outsider's",
         redirect(A_LL, OUT6, OUT_LL, EVIL, CLUSTER, OUT)),
    )
    for name, f in kept + never:
        egress(name, f)
    for name, f in kept:
        egress(f"advertise = all, {name}", f, f.but(macs=(A_MAC,)), keys="advertise = all\\n")
    for name, f in never:
        egress(f"advertise = all, {name}", f, keys="advertise = all\\n")
    f = unsolicited("2001:db8:99::1", CLUSTER)
    egress("advertise = all, own address beside the file", f, f.but(macs=(A_MAC,)),
           keys="advertise = all\\n", own="2001:db8:99::1/64")
    f = ns(A, OUT6, CLUSTER)
    for m in MODES[1:]:
        egress(f"NS for an outsider, source_mac = {m.name}", f, mode=m)


def E4():
    set_group("E4")
    more = {"keys": "arp = directed\\n"}
    f = ns(A, B, CLUSTER)
    egress("NS", f, f.but(macs=(A_MAC,), eth_dst=B_MAC), **more)
    f = ns(A_LL, B_LL, CLUSTER)
    egress("NS, link-local", f, f.but(macs=(A_MAC,), eth_dst=B_MAC), **more)
    egress("NS, source_mac = masked", f, f.but(macs=(A_MAC,), eth_dst=B_MAC), mode=MODES[1], **more)
    f = ns(CLUSTER6, B, CLUSTER)
    egress("NS of E2b", f, f.but(src=A, macs=(A_MAC,), eth_dst=B_MAC), **more)
    f = ns(A, slaac("beta"), CLUSTER)
    egress("NS for a peer's identifier in another prefix", f, f.but(macs=(A_MAC,), eth_dst=B_MAC),
           **more)
    f = ns(A, B, "")
    egress("NS without option", f, f.but(eth_dst=B_MAC), **more)
    f = rs(A_LL, CLUSTER, dst=B_LL)
    egress("RS to a peer", f, f.but(macs=(A_MAC,), eth_dst=B_MAC), **more)
    f = ns(A, B, CLUSTER).but(eth_dst="ff:ff:ff:ff:ff:ff")
    egress("NS to the broadcast MAC", f, f.but(macs=(A_MAC,), eth_dst=B_MAC), **more)
    f = poll(A, B, CLUSTER, OUT)
    egress("unicast NS keeps its destination", f, f.but(macs=(A_MAC,)), **more)
    egress("NS for an outsider", ns(A, OUT6, CLUSTER), **more)
    egress("DAD for a peer's address", ns(ANY, B, ""), **more)
    f = na(A, B, CLUSTER, MAC_NODES)
    egress("NA to a group keeps its destination", f, f.but(macs=(A_MAC,)), **more)
    egress("RS to all routers", rs(A_LL, CLUSTER), **more)


def redirects():
    set_group("redirect")
    f = redirect(A_LL, OUT6, B, CLUSTER, CLUSTER, OUT, after=(REDIRECTED,))
    egress("Target a peer's, cluster MAC", f, f.but(macs=(B_MAC,)))
    f = f.but(target=B_LL)
    egress("Target a peer's link-local, cluster MAC", f, f.but(macs=(B_MAC,)))
    egress("Target a peer's, its dedicated MAC", f.but(macs=(B_MAC,)))
    egress("Target a peer's, another MAC stays", f.but(macs=(EVIL,)))
    egress("Target a peer's, no option", f.but(macs=()))
    f = redirect(A_LL, G, B, CLUSTER, CLUSTER, G_MAC)
    egress("to a peer, Target another's", f, f.but(macs=(B_MAC,)))
    f = redirect(A_LL, OUT6, B, CLUSTER, CLUSTER, OUT)
    for m in MODES[1:]:
        a_ll = link_local("alpha", m.first)
        f = f.but(src=a_ll)
        egress(f"Target a peer's, source_mac = {m.name}", f, f.but(macs=(m.dedicated("beta"),)),
               mode=m)
    f = redirect(OUT_LL, A, B, None, OUT, CLUSTER, after=(REDIRECTED,))
    ingress("from a router, Target a peer's, without the option", f, f)
    f = redirect(OUT_LL, A, B, CLUSTER, OUT, CLUSTER, after=(REDIRECTED,))
    ingress("from a router, Target a peer's, cluster MAC", f, f.but(macs=(B_MAC,)))
    ingress("from a router, Target a peer's, its dedicated MAC", f.but(macs=(B_MAC,)))
    ingress("from a router, Target an outsider's", f.but(target=OUT6, macs=(EVIL,)))
    dropped("from a router, Target a peer's, foreign MAC", "spoofed", f.but(macs=(EVIL,)))
    dropped("from a router, Target own", "conflict", f.but(target=A, macs=(EVIL,)))
    dropped("from a router, Target a cluster address", "conflict",
            f.but(target=CLUSTER6, macs=(EVIL,)))
    dropped("Target a cluster address, cluster MAC", "peer_address",
            f.but(eth_src=B_MAC, src=B_LL, target=CLUSTER6))


# --- ingress ------------------------------------------------------------------------------------


def I1():
    set_group("I1")
    dropped("NS with own source MAC", "echo", ns(OUT6, B, OUT, eth_src=A_MAC))
    dropped("NA with own source MAC", "echo", unsolicited(A, CLUSTER, eth_src=A_MAC))
    dropped("DAD with own source MAC", "echo", ns(ANY, A, "", eth_src=A_MAC))
    dropped("NS, own masked source", "echo", ns(A, OUT6, CLUSTER, eth_src=masked("alpha")),
            keys="source_mac = masked\\n")
    for name, f in (("NS", ns(A, OUT6, CLUSTER)), ("NA", unsolicited(A, CLUSTER)),
                    ("RS", rs(A_LL, CLUSTER)), ("RA", ra(A_LL, CLUSTER)),
                    ("NS, link-local", ns(A_LL, OUT_LL, CLUSTER))):
        dropped(f"{name}, source_mac = cluster", "echo", f, keys=MODES[2].keys)
    f = unsolicited(OUT6, OUT, eth_src=OUT)
    ingress("an outsider's NA, source_mac = cluster", f, mode=MODES[2])


def I2_I3():
    set_group("I2")
    f = na(OUT6, A, OUT, A_MAC, eth_src=OUT)
    ingress("NA to the dedicated MAC", f, f.but(eth_dst=CLUSTER))
    f = na(B, A, B_MAC, A_MAC, eth_src=B_MAC)
    ingress("a peer's NA to the dedicated MAC", f, f.but(eth_dst=CLUSTER))
    f = na(OUT6, A, OUT, masked("alpha"), eth_src=OUT)
    ingress("NA to the masked source", f, f.but(eth_dst=CLUSTER), mode=MODES[1])
    f = na(B, A, group("beta"), group("alpha"), eth_src=masked("beta"))
    ingress("NA to a group MAC", f, f.but(eth_dst=CLUSTER), mode=MODES[3])
    f = ns(B, A, B_MAC, eth_src=B_MAC).but(eth_dst=A_MAC)
    ingress("a peer's directed NS", f, f.but(eth_dst=CLUSTER))
    f = ra(OUT_LL, OUT, eth_src=OUT, dst=A_LL, eth_dst=A_MAC)
    ingress("RA to the dedicated MAC", f, f.but(eth_dst=CLUSTER))
    strict = "strict = yes\\narp = directed\\n"
    dropped("strict, an outsider's NA", "strict", na(OUT6, A, OUT, A_MAC, eth_src=OUT), keys=strict)
    dropped("strict, an outsider's NS", "strict", poll(OUT6, A, OUT, A_MAC, eth_src=OUT),
            keys=strict)
    f = poll(B, A, B_MAC, A_MAC, eth_src=OUT)
    ingress("strict, a peer's address", f, f.but(eth_dst=CLUSTER), keys=strict)
    f = poll(VIP, A, B_MAC, A_MAC, eth_src=B_MAC)
    ingress("strict, a peer's Ethernet source", f, f.but(eth_dst=CLUSTER), keys=strict)
    set_group("I3")
    dropped("NA to another node's MAC", "not_ours", na(OUT6, B, OUT, B_MAC, eth_src=OUT))
    dropped("a peer's spoofed NA to another MAC", "not_ours", na(B, G, EVIL, G_MAC, eth_src=EVIL))
    dropped("NS to a peer's group MAC", "not_ours",
            ns(G, B, group("gamma"), eth_src=masked("gamma")).but(eth_dst=group("beta")),
            keys=MODES[3].keys)
    set_group("I5")
    for name, f in (("NS", ns(OUT6, A, OUT, eth_src=OUT)),
                    ("NS for the cluster address", ns(OUT6, CLUSTER6, OUT, eth_src=OUT)),
                    ("NS for a peer's", ns(OUT6, B, OUT, eth_src=OUT)),
                    ("NS, link-local", ns(OUT_LL, A_LL, OUT, eth_src=OUT)),
                    ("NA", unsolicited(OUT6, OUT, eth_src=OUT)),
                    ("NA without option", unsolicited(OUT6, "", eth_src=OUT)),
                    ("RS", rs(OUT_LL, OUT, eth_src=OUT)),
                    ("RS without address", rs(ANY, "", eth_src=OUT)),
                    ("RA", ra(OUT_LL, OUT, eth_src=OUT, after=(
                        ICMPv6NDOptMTU(mtu=1500),
                        ICMPv6NDOptPrefixInfo(prefix="2001:db8:77::", prefixlen=64))))):
        ingress(f"an outsider's {name}", f)


def I4():
    set_group("I4")
    to = {"eth_src": OUT, "eth_dst": CLUSTER}
    dropped("unicast NS for a peer", "peer_address", poll(OUT6, B, OUT, **to))
    dropped("unicast NS for a peer's link-local address", "peer_address",
            poll(OUT_LL, B_LL, OUT, **to))
    dropped("unicast NS for a peer's identifier in another prefix", "peer_address",
            poll(OUT6, slaac("beta"), OUT, **to))
    dropped("NA to a peer", "peer_address", na(OUT6, B, OUT, CLUSTER, eth_src=OUT))
    dropped("RA to a peer", "peer_address", ra(OUT_LL, OUT, OUT, B_LL, CLUSTER))
    dropped("redirect to a peer", "peer_address",
            redirect(OUT_LL, B, OUT6, EVIL, OUT, CLUSTER))
    dropped("before I7", "peer_address", na(B, G, EVIL, CLUSTER, eth_src=EVIL))
    dropped("NA to an address that is nobody's", "elsewhere",
            na(OUT6, VIP, OUT, CLUSTER, eth_src=OUT))
    dropped("forward = yes, NA to a peer", "peer_address",
            na(OUT6, B, OUT, CLUSTER, eth_src=OUT), keys="forward = yes\\n")
    ingress("forward = yes, NA to an address that is nobody's",
            na(OUT6, VIP, OUT, CLUSTER, eth_src=OUT), keys="forward = yes\\n")
    ingress("NA to an own address beside the file", na(OUT6, VIP, OUT, CLUSTER, eth_src=OUT),
            own=f"{VIP}/64")
    ingress("unicast NS for an own address", poll(OUT6, A, OUT, **to))
    ingress("unicast NS for the link-local address", poll(OUT_LL, A_LL, OUT, **to))
    ingress("unicast NS for a cluster address", poll(OUT6, CLUSTER6, OUT, **to))
    ingress("multicast NS for a peer at the cluster MAC",
            ns(OUT6, B, OUT, eth_src=OUT).but(eth_dst=CLUSTER))
    f = na(OUT6, VIP, OUT, A_MAC, eth_src=OUT)
    ingress("by the dedicated MAC", f, f.but(eth_dst=CLUSTER))


def I6():
    set_group("I6")
    for m in MODES:
        b, b_ll = m.dedicated("beta"), link_local("beta", m.first)
        e = {"eth_src": m.source("beta")}
        for name, f in (
                ("NS for an outsider", ns(B, OUT6, CLUSTER, **e)),
                ("NS for this node", ns(B, A, CLUSTER, **e)),
                ("unsolicited NA", unsolicited(B, CLUSTER, **e)),
                ("NS, link-local", ns(b_ll, OUT_LL, CLUSTER, **e)),
                ("RS", rs(b_ll, CLUSTER, **e)),
                ("RA", ra(b_ll, CLUSTER, after=(ICMPv6NDOptMTU(mtu=1500),), **e)),
                ("redirect", redirect(b_ll, A, B, CLUSTER, e["eth_src"], CLUSTER))):
            ingress(f"{name}, source_mac = {m.name}", f, f.but(macs=(b,)), mode=m)
        # an address in no file: known by the Ethernet source, unless all have the same one
        for name, f in (("NS", ns(VIP, OUT6, CLUSTER, **e)), ("NA", unsolicited(VIP, CLUSTER, **e)),
                        ("RA", ra("fe80::1234", CLUSTER, **e))):
            out = f if m.source is shared else f.but(macs=(b,))
            ingress(f"{name}, an address in no file, source_mac = {m.name}", f, out, mode=m)
    e = {"eth_src": B_MAC}
    f = na(B, A, CLUSTER, A_MAC, **e)
    ingress("NA to the dedicated MAC", f, f.but(macs=(B_MAC,), eth_dst=CLUSTER))
    f = na(slaac("beta"), A, CLUSTER, A_MAC, **e)
    ingress("a peer's identifier in another prefix", f, f.but(macs=(B_MAC,), eth_dst=CLUSTER))
    f = unsolicited(slaac("beta"), CLUSTER, eth_src=OUT)
    ingress("the same from anybody", f, f.but(macs=(B_MAC,)))
    f = unsolicited(B, CLUSTER, eth_src=G_MAC)
    ingress("a peer's, sent by another", f, f.but(macs=(B_MAC,)))
    ingress("its dedicated MAC stays", ns(B, A, B_MAC, **e))
    ingress("NS without option", poll(B, A, "", CLUSTER, **e))
    ingress("NA without option", unsolicited(B, "", **e))
    ingress("NA without option, source_mac = cluster", unsolicited(B, ""), mode=MODES[2])
    ingress("NA without option from the cluster MAC", unsolicited(B, ""))
    ingress("NA without option from its dedicated MAC, source_mac = masked",
            unsolicited(B, "", **e), mode=MODES[1])
    ingress("NA without option, sent by another peer", unsolicited(B, "", eth_src=G_MAC))
    ingress("an outsider's with the cluster MAC", unsolicited(VIP, CLUSTER, eth_src=OUT))
    ingress("an address in no file with a MAC of its own", unsolicited(VIP, EVIL, **e))
    ingress("an address in no file without option", unsolicited(VIP, "", **e))
    f = ra("fe80::1234", CLUSTER, after=(ICMPv6NDOptDstLLAddr(lladdr=CLUSTER),), **e)
    ingress("an option of the other type stays", f, f.but(macs=(B_MAC,)))
    ingress("DAD for an own address, from a peer", ns(ANY, A, "", **e))


def I7():
    set_group("I7")
    for m in MODES:
        b_ll = link_local("beta", m.first)
        for name, f in (
                ("NS", ns(B, OUT6, EVIL, eth_src=EVIL)),
                ("NA", unsolicited(B, EVIL, eth_src=EVIL)),
                ("NS, link-local", ns(b_ll, A, EVIL, eth_src=EVIL)),
                ("RS", rs(b_ll, EVIL, eth_src=EVIL)),
                ("RA", ra(b_ll, EVIL, eth_src=EVIL))):
            dropped(f"{name}, source_mac = {m.name}", "spoofed", f, keys=m.keys)
    dropped("NA to the cluster MAC", "spoofed", na(B, A, EVIL, CLUSTER, eth_src=EVIL))
    dropped("NA to the dedicated MAC", "spoofed", na(B, A, EVIL, A_MAC, eth_src=EVIL))
    dropped("another peer's dedicated MAC", "spoofed", unsolicited(B, G_MAC, eth_src=G_MAC))
    dropped("own dedicated MAC", "spoofed", unsolicited(B, A_MAC, eth_src=EVIL))
    dropped("its masked source MAC", "spoofed", unsolicited(B, masked("beta"), masked("beta")),
            keys=MODES[1].keys)
    dropped("from the peer's own Ethernet source", "spoofed", unsolicited(B, EVIL, eth_src=B_MAC))
    dropped("NS without option", "spoofed", ns(B, A, "", eth_src=EVIL))
    dropped("NA without option", "spoofed", unsolicited(B, "", eth_src=EVIL))
    dropped("RS without option", "spoofed", rs(B_LL, "", eth_src=EVIL))
    dropped("RA without option", "spoofed", ra(B_LL, "", eth_src=EVIL))
    dropped("a peer's identifier in another prefix", "spoofed",
            unsolicited(slaac("beta"), EVIL, eth_src=EVIL))
    ingress("NA for an outsider's address with a peer as source",
            unsolicited(OUT6, OUT, eth_src=OUT, src=B))
    dropped("NA for a peer's address with an outsider as source", "spoofed",
            unsolicited(B, OUT, eth_src=OUT, src=OUT6))


def I8():
    set_group("I8")
    e = {"eth_src": B_MAC}
    for name, f in (
            ("unsolicited NA", unsolicited(CLUSTER6, CLUSTER, **e)),
            ("NA without option", unsolicited(CLUSTER6, "", **e)),
            ("NS", ns(CLUSTER6, OUT6, CLUSTER, **e)),
            ("NS without option", ns(CLUSTER6, OUT6, "", **e)),
            ("RS", rs(CLUSTER6, CLUSTER, **e)), ("RA", ra(CLUSTER6, CLUSTER, **e))):
        dropped(f"a peer's {name} for a cluster address", "peer_address", f)
    dropped("NA without option for a cluster address, from the cluster MAC", "peer_address",
            unsolicited(CLUSTER6, ""))
    for m in MODES[1:]:
        dropped(f"a peer's NA for a cluster address, source_mac = {m.name}", "peer_address",
                unsolicited(CLUSTER6, "", eth_src=m.source("beta")), keys=m.keys)
    for name, f in (
            ("cluster address, NA", unsolicited(CLUSTER6, OUT, eth_src=OUT)),
            ("cluster address, NA without option", unsolicited(CLUSTER6, "", eth_src=OUT)),
            ("cluster address, NS", ns(CLUSTER6, OUT6, OUT, eth_src=OUT)),
            ("cluster address, a peer's dedicated MAC", unsolicited(CLUSTER6, B_MAC, **e)),
            ("NA", unsolicited(A, OUT, eth_src=OUT)),
            ("NA to the cluster MAC", na(A, A_LL, OUT, CLUSTER, eth_src=OUT)),
            ("NA without option", unsolicited(A, "", eth_src=OUT)),
            ("NS", ns(A, B, OUT, eth_src=OUT)),
            ("NA, link-local", unsolicited(A_LL, OUT, eth_src=OUT)),
            ("RS", rs(A_LL, OUT, eth_src=OUT)), ("RA", ra(A_LL, OUT, eth_src=OUT)),
            ("a peer's, cluster MAC", unsolicited(A, CLUSTER, **e)),
            ("a peer's, its MAC", ns(A, OUT6, B_MAC, **e)),
            ("a peer's without option", unsolicited(A, "", **e))):
        dropped(f"conflict, {name}", "conflict", f)
    dropped("conflict, an own address beside the file", "conflict",
            unsolicited(VIP, OUT, eth_src=OUT), own=f"{VIP}/64")
    tentative = {"own": f"{A}/64", "tentative": True}
    ingress("tentative, NA", unsolicited(A, OUT, eth_src=OUT), **tentative)
    ingress("tentative, NS", ns(A, OUT6, OUT, eth_src=OUT), **tentative)
    ingress("tentative, DAD of another", ns(ANY, A, "", eth_src=OUT, after=(NONCE,)), **tentative)
    ingress("tentative, link-local", unsolicited(A_LL, OUT, eth_src=OUT), own=f"{A_LL}/64",
            tentative=True)
    ingress("tentative, an address beside the file", unsolicited(VIP, OUT, eth_src=OUT),
            own=f"{VIP}/64", tentative=True)
    # not an echo: duplicate address detection has to see it, whatever source_mac is
    ingress("tentative, NA, source_mac = cluster", unsolicited(A, OUT, eth_src=OUT), mode=MODES[2],
            **tentative)
    dropped("another address is tentative", "conflict", unsolicited(A, OUT, eth_src=OUT),
            own=f"{VIP}/64", tentative=True)
    set_group("DAD")
    for m in MODES:
        for name, options in (("", ()), (" with nonce", (NONCE,))):
            f = ns(ANY, CLUSTER6, "", eth_src=m.source("beta"), after=options)
            dropped(f"a node's for a cluster address{name}, source_mac = {m.name}", "peer_address",
                    f, keys=m.keys)
            ingress(f"an outsider's for a cluster address{name}, source_mac = {m.name}",
                    f.but(eth_src=OUT), mode=m)
    for name, target in (("an own", A), ("the link-local", A_LL), ("a peer's", B)):
        ingress(f"an outsider's for {name} address", ns(ANY, target, "", eth_src=OUT))
    ingress("a peer's for its own address", ns(ANY, B, "", **e))
    ingress("an outsider's for an outsider's address", ns(ANY, OUT6, "", eth_src=OUT))


# --- options --------------------------------------------------------------------------------------


def lla(kind, length, body=b"\xaa" * 6):
    return bytes([kind, length]) + body


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def options():
    set_group("options")
    f = ns(A, B, CLUSTER).but(macs=(CLUSTER, EVIL, A_MAC))
    egress("all of several are rewritten", f, f.but(macs=(A_MAC,) * 3))
    f = ns(A, B, CLUSTER, after=(NONCE, lla(1, 1, mac_bytes(CLUSTER))))
    egress("several, apart", f,
           f.but(macs=(A_MAC,), after=(NONCE, lla(1, 1, mac_bytes(A_MAC)))))
    f = unsolicited(B, CLUSTER, eth_src=B_MAC)
    both = f.but(macs=(B_MAC, B_MAC))
    ingress("cluster MAC, then the dedicated one", f.but(macs=(CLUSTER, B_MAC)), both)
    ingress("the dedicated MAC, then the cluster MAC", f.but(macs=(B_MAC, CLUSTER)), both)
    ingress("the dedicated MAC twice", both)
    for name, macs in (("cluster MAC", (CLUSTER, EVIL)), ("the dedicated MAC", (B_MAC, EVIL)),
                       ("both", (CLUSTER, B_MAC, EVIL))):
        dropped(f"{name}, then a foreign one", "spoofed", f.but(macs=macs))
    dropped("a foreign MAC, then the cluster MAC", "spoofed", f.but(macs=(EVIL, CLUSTER)))
    dropped("cluster address: cluster MAC, then a foreign one", "conflict",
            f.but(src=CLUSTER6, target=CLUSTER6, macs=(CLUSTER, EVIL)))
    # An option of two units holds no Ethernet address, and does not count.
    f = ns(A, B, "", after=(lla(1, 2, mac_bytes(CLUSTER) + bytes(8)),))
    egress("length 2 does not count", f)
    f = ns(A, B, CLUSTER, before=(lla(1, 2, bytes(14)),))
    egress("length 2 before one that counts", f, f.but(macs=(A_MAC,)))
    f = unsolicited(B, "", after=(lla(2, 2, mac_bytes(EVIL) + bytes(8)),))
    ingress("length 2 counts as none, from a peer", f.but(eth_src=B_MAC))
    dropped("length 2 counts as none, from an outsider", "spoofed", f.but(eth_src=OUT))
    f = ns(A, B, CLUSTER, after=(lla(2, 1, mac_bytes(CLUSTER)),))
    egress("NS, an option of type 2 stays", f, f.but(macs=(A_MAC,)))
    f = na(A, B, CLUSTER, B_MAC, after=(lla(1, 1, mac_bytes(CLUSTER)),))
    egress("NA, an option of type 1 stays", f, f.but(macs=(A_MAC,)))
    f = ns(A, B, CLUSTER, after=(lla(99, 3, bytes(range(22))),))
    egress("an unknown option", f, f.but(macs=(A_MAC,)))
    f = ns(A, B, CLUSTER, before=(lla(200, 255, bytes(255 * 8 - 2)),))
    egress("after the longest option", f, f.but(macs=(A_MAC,)))
    f = ns(A, B, CLUSTER, before=(NONCE,) * 20)
    egress("after twenty options", f, f.but(macs=(A_MAC,)))


# --- what is not Neighbour Discovery ----------------------------------------------------------------


def not_nd():
    """Ordinary IP: no field but the Ethernet addresses changes, and what would be spoofed passes."""
    set_group("not ND")
    out, spoof = ns(A, B, CLUSTER), unsolicited(B, EVIL, eth_src=EVIL)
    zero = lla(14, 0)
    for name, changes in (
            ("an option of length 0", {"after": (zero,)}),
            ("an option of length 0 first", {"before": (zero,)}),
            ("an option beyond the message", {"after": (lla(14, 2),)}),
            ("an option cut off", {"after": (lla(14, 1),), "shorten": 1}),
            ("a single byte after the options", {"after": (b"\x0e",)}),
            ("the option itself cut off", {"shorten": 1}),
            ("the option without its MAC", {"shorten": 6}),
            ("the fixed part cut off", {"shorten": 9}),
            ("four bytes of ICMPv6", {"shorten": 28}),
            ("hop limit 254", {"hop": 254}), ("hop limit 1", {"hop": 1}),
            ("hop limit 0", {"hop": 0}),
            ("code 1", {"code": 1}), ("code 255", {"code": 255}),
            ("version 4", {"version": 4}),
            ("payload length 1 too long", {"longer": 1}),
            ("payload length 8 too long", {"longer": 8}),
            ("payload length 65535", {"longer": 65535 - 32}),
            ("payload length 0", {"longer": -32}),
            ("payload length cuts the option", {"longer": -1}),
            ("payload length cuts the fixed part", {"longer": -9}),
            ("frame cut by one byte", {"cut": 1}),
            ("frame cut after the fixed part", {"cut": 8}),
            ("frame cut in the fixed part", {"cut": 9}),
            ("fragment header", {"extension": IPv6ExtHdrFragment(id=7)}),
            ("first fragment", {"extension": IPv6ExtHdrFragment(id=7, m=1)}),
            ("VLAN 7", {"tags": ((0x8100, 0x0007),)}),
            ("VLAN 7 of 802.1ad", {"tags": ((0x88A8, 0xE007),)}),
            ("VID 0 in VLAN 9", {"tags": ((0x88A8, 9), (0x8100, 0))}),
            ("VLAN 7 in VID 0 twice", {"tags": ((0x8100, 0), (0x8100, 0), (0x8100, 7))})):
        egress(name, out.but(**changes))
        ingress(f"{name}, spoofed", spoof.but(**changes))
    for kind in (127, 128, 129, 130, 132, 138, 143):
        raw = bytearray(out.build())
        raw[54] = kind
        egress_raw(f"type {kind}", raw)
    raw = bytearray(out.build())
    raw[20] = 17
    egress_raw("next header 17", raw)
    dropped("I4 still holds, hop limit 254", "peer_address",
            poll(OUT6, B, OUT, CLUSTER, eth_src=OUT, hop=254))
    dropped("I4 still holds, option of length 0", "elsewhere",
            na(OUT6, VIP, OUT, CLUSTER, eth_src=OUT, after=(zero,)))
    dropped("I1 still holds, by the IPv6 source", "echo",
            ns(A, OUT6, CLUSTER, hop=1), keys=MODES[2].keys)
    f = na(B, A, CLUSTER, A_MAC, eth_src=B_MAC, hop=254)
    ingress("I2 still holds, hop limit 254", f, f.but(eth_dst=CLUSTER))
    ingress("a conflict that is none, hop limit 254", unsolicited(A, OUT, eth_src=OUT, hop=254))
    egress("E2b not, hop limit 254", ns(CLUSTER6, B, CLUSTER, hop=254))
    egress("E4 not, code 1", ns(A, B, CLUSTER, code=1), keys="arp = directed\\n")
    for name, f, short in (("NA", unsolicited(B, EVIL, eth_src=EVIL), 9),
                           ("RS", rs(B_LL, EVIL, eth_src=EVIL), 9),
                           ("RA", ra(B_LL, EVIL, eth_src=EVIL), 9),
                           ("redirect", redirect(OUT_LL, A, B, EVIL, OUT, CLUSTER), 9)):
        ingress(f"{name}, fixed part cut off", f.but(shorten=short))


def hidden():
    """Behind extension headers: judged, but left alone."""
    set_group("hidden")
    for name, make in (
            ("hop-by-hop options", IPv6ExtHdrHopByHop),
            ("destination options", IPv6ExtHdrDestOpt),
            ("a routing header", IPv6ExtHdrRouting),
            ("two headers", lambda: IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()),
            ("eight headers", lambda: IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() /
             IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() /
             IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt())):
        egress(name, ns(A, B, CLUSTER, extension=make()))
        dropped(f"{name}, spoofed", "spoofed",
                unsolicited(B, EVIL, eth_src=EVIL, extension=make()))
        dropped(f"{name}, spoofed with the cluster MAC", "spoofed",
                unsolicited(B, CLUSTER, eth_src=EVIL, extension=make()))
        dropped(f"{name}, conflict", "conflict",
                unsolicited(A, OUT, eth_src=OUT, extension=make()))
        ingress(f"{name}, of an outsider", unsolicited(OUT6, OUT, eth_src=OUT, extension=make()))
        ingress(f"{name}, spoofed, hop limit 254",
                unsolicited(B, EVIL, eth_src=EVIL, extension=make(), hop=254))
    ingress("destination options longer than the packet",
            unsolicited(B, EVIL, eth_src=EVIL, extension=IPv6ExtHdrDestOpt(len=9)))


def egress_raw(name, raw):
    done = bytes(raw[:6]) + mac_bytes(A_MAC) + bytes(raw[12:])
    passes(name, "egress", bytes(raw), done)


def whole():
    """Tags with VID 0, padding, what has nothing after its fixed part."""
    set_group("tags and padding")
    f, spoof = ns(A, B, CLUSTER), unsolicited(B, EVIL, eth_src=EVIL)
    for name, changes in (
            ("VID 0", {"tags": ((0x8100, 0xA000),)}),
            ("VID 0 of 802.1ad", {"tags": ((0x88A8, 0x0000),)}),
            ("VID 0 twice", {"tags": ((0x88A8, 0), (0x8100, 0xE000))}),
            ("padding", {"padding": bytes(range(0xA0, 0xB1))}),
            ("padding like an option", {"padding": lla(1, 1, mac_bytes(EVIL))}),
            ("padding of length 0 option", {"padding": lla(2, 0)}),
            ("one byte of padding", {"padding": b"\x01"})):
        egress(name, f.but(**changes), f.but(macs=(A_MAC,), **changes))
        dropped(f"{name}, spoofed", "spoofed", spoof.but(**changes))
    for count in (3, 4, 9):
        tags = ((0x8100, 0),) * count
        egress(f"VID 0 {count} times", f.but(tags=tags))
        dropped(f"VID 0 {count} times, spoofed", "malformed", spoof.but(tags=tags))
        dropped(f"VID 0 {count} times, of an outsider", "malformed",
                unsolicited(OUT6, OUT, eth_src=OUT, tags=tags))
    # padding with an option of a foreign MAC does not make a peer's frame spoofed
    g = unsolicited(B, CLUSTER, eth_src=B_MAC, padding=lla(2, 1, mac_bytes(EVIL)))
    ingress("a foreign option in the padding", g, g.but(macs=(B_MAC,)))
    egress("NS whose option is padding", ns(A, B, "", padding=lla(1, 1, mac_bytes(CLUSTER))))


# --- checksums --------------------------------------------------------------------------------------


def sum_of(f):
    return struct.unpack_from("!H", f.build(), 56)[0]


def nonce(n):
    return bytes([14, 1]) + struct.pack("!IH", 0, n)


def with_sum(f, changed, wanted):
    """A nonce with which `changed(f)` has the checksum wanted."""
    zero = sum_of(changed(f.but(after=(nonce(0),))))
    for n in (zero - wanted) % 65535, (zero - wanted) % 65535 + 65535:
        if n < 65536 and sum_of(changed(f.but(after=(nonce(n),)))) == wanted:
            return f.but(after=(nonce(n),))
    raise AssertionError(f"no nonce gives {wanted:#x}")


def checksums():
    set_group("checksum")

    def e2(f):
        return f.but(macs=(A_MAC,))

    def e2b(f):
        return f.but(src=A, macs=(A_MAC,))

    def i6(f):
        return f.but(macs=(B_MAC,))

    def same(f):
        return f

    for value in (0x0000, 0x0001, 0xFFFE, 0x8000, 0x00FF, 0xFF00):
        f = with_sum(ns(A, B, CLUSTER), e2, value)
        egress(f"E2 gives {value:#06x}", f, e2(f))
        f = with_sum(ns(A, B, CLUSTER), same, value)
        egress(f"E2 from {value:#06x}", f, e2(f))
    for value in (0x0000, 0xFFFE):
        f = with_sum(ns(CLUSTER6, B, CLUSTER), e2b, value)
        egress(f"E2b gives {value:#06x}", f, e2b(f))
        f = with_sum(ns(CLUSTER6, B, CLUSTER), same, value)
        egress(f"E2b from {value:#06x}", f, e2b(f))
        f = with_sum(unsolicited(B, CLUSTER, eth_src=B_MAC), i6, value)
        ingress(f"I6 gives {value:#06x}", f, i6(f))
    # A wrong checksum stays wrong: the receiver's stack finds it (RFC 1624, equation 3).
    for damage in (0x0001, 0x8000, 0x1234):
        f = ns(A, B, CLUSTER, damage=damage)
        raw = bytearray(e2(f).but(damage=0).build())
        good, bad = sum_of(ns(A, B, CLUSTER)), sum_of(f)
        moved = ((sum_of(e2(f).but(damage=0)) ^ 0xFFFF) + good + (bad ^ 0xFFFF))
        moved = (moved & 0xFFFF) + (moved >> 16)
        moved = (moved & 0xFFFF) + (moved >> 16)
        struct.pack_into("!H", raw, 56, moved ^ 0xFFFF)
        raw[6:12] = mac_bytes(A_MAC)
        passes(f"wrong by {damage:#06x} stays wrong", "egress", f, bytes(raw))


def offloaded():
    """Partial checksums: the field holds the sum of the pseudo-header (virtio NEEDS_CSUM)."""
    where["table"] = partial
    set_group("partial")
    p = {"partial": True}
    for m in MODES:
        own, b = m.dedicated("alpha"), m.dedicated("beta")
        f = ns(A, B, CLUSTER, **p)
        egress(f"E2 leaves it, source_mac = {m.name}", f, f.but(macs=(own,)), mode=m)
        f = ns(CLUSTER6, B, CLUSTER, **p)
        egress(f"E2b, source_mac = {m.name}", f, f.but(src=A, macs=(own,)), mode=m)
        f = unsolicited(B, CLUSTER, eth_src=m.source("beta"), **p)
        ingress(f"I6 leaves it, source_mac = {m.name}", f, f.but(macs=(b,)), mode=m)
    f = ns(CLUSTER6, B_LL, CLUSTER, **p)
    egress("E2b, link-local", f, f.but(src=A_LL, macs=(A_MAC,)))
    f = poll(CLUSTER6, B, "", B_MAC, **p)
    egress("E2b without option", f, f.but(src=A))
    f = na(CLUSTER6, B, CLUSTER, B_MAC, src=A, **p)
    egress("E2b of NA: the Target is not in the pseudo-header", f, f.but(target=A, macs=(A_MAC,)))
    f = na(A, B, CLUSTER, B_MAC, **p)
    egress("NA", f, f.but(macs=(A_MAC,)))
    f = redirect(A_LL, OUT6, B, CLUSTER, CLUSTER, OUT, after=(REDIRECTED,), **p)
    egress("redirect", f, f.but(macs=(B_MAC,)))
    egress("to an outsider", ns(A, OUT6, CLUSTER, **p))
    f = na(OUT6, A, OUT, A_MAC, eth_src=OUT, **p)
    ingress("I2 leaves it", f, f.but(eth_dst=CLUSTER))
    dropped("spoofed", "spoofed", unsolicited(B, EVIL, eth_src=EVIL, **p))
    where["table"] = vectors


# --- output -------------------------------------------------------------------------------------------


def quote(raw):
    text = raw.hex()
    lines = [text[i:i + 96] for i in range(0, len(text), 96)] or [""]
    return "\n\t\t".join(f'"{line}"' for line in lines)


def text_of(v):
    drop = f"DROP_{v.drop.upper()}" if v.drop else "DROP_NONE"
    way = f"REWRITE_{v.way.upper()}"
    own = f'"{v.own}"' if v.own else "NULL"
    return (f'\t{{ "{v.name}",\n\t\t"{v.keys}", "{v.node}", {own}, '
            f'{"true" if v.tentative else "false"}, {way}, {drop},\n'
            f"\t\t{quote(v.frame)},\n\t\t{quote(v.out)} }},\n")


def header():
    lines = [
        "/* SPDX-License-Identifier: GPL-2.0-or-later */\n",
        "/* nd_vectors: written by nd_vectors.py, which says what they are; do not edit. */\n",
        "/* clang-format off */\n",
    ]
    for name, table in (("nd_vectors", vectors), ("nd_partial_vectors", partial)):
        lines.append(f"static const struct nd_vector {name}[] = {{\n")
        lines += [text_of(v) for v in table]
        lines.append("};\n")
    return "".join(lines)


WELL_FORMED = ("figure 6", "E2", "E2b", "E3", "E4", "redirect", "I1", "I2", "I4", "I6", "I7", "I8",
               "DAD", "checksum")


def verify():
    """Scapy reads the frames as meant, and gives them the same checksums; names differ."""
    for v in vectors:
        if v.group in WELL_FORMED and "stays wrong" not in v.name:
            for raw in filter(None, (v.frame, v.out)):
                assert rebuilt(raw) == raw, v.name
    names = [v.name for v in vectors + partial]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]


def groups():
    count = {}
    for v in vectors + partial:
        count[v.group] = count.get(v.group, 0) + 1
    for name, n in count.items():
        print(f"{n:4} {name}")
    print(f"{len(vectors) + len(partial):4} in all")


def main():
    for make in (figure6, E1_E2, E2b, E3, E4, redirects, I1, I2_I3, I4, I6, I7, I8, options, not_nd, hidden,
                 whole, checksums, offloaded):
        make()
    verify()
    if sys.argv[1:2] == ["--groups"]:
        groups()
    elif sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="ascii") as f:
            if f.read() != header():
                sys.exit(f"{sys.argv[2]} is not what nd_vectors.py writes")
    else:
        sys.stdout.write(header())


if __name__ == "__main__":
    main()
