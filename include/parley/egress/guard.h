/*
 * The guard against inner addresses: what a name given by a stranger may resolve to (SECURITY.md, "Out"). It judges the
 * very address that is about to be connected to, so a name that changes its answer in between gains nothing.
 */
#ifndef PARLEY_EGRESS_GUARD_H
#define PARLEY_EGRESS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

/* Who named the host that is connected to. */
enum egress_trust {
    EGRESS_FOREIGN, /* a user or another server: public unicast addresses only, ports 80 and 443 only */
    EGRESS_INNER, /* an administrator, who says that it is of the operator's own network: any address but link-local ones */
    EGRESS_OPERATOR, /* the operator's own configuration: any address */
};

/* May the very address be connected to where somebody of this trust has named it? Any thread. */
bool guard_allows(enum egress_trust trust, const struct sockaddr *address);

/*
 * True when the address is anything but public unicast: unspecified, loopback, private (RFC 1918, RFC 4193), shared
 * (RFC 6598), link-local with the clouds' metadata service, multicast, reserved, documentation and benchmarking
 * (RFC 6890), and the IPv6 forms that carry such an IPv4 address: mapped, compatible, NAT64 (RFC 6052, RFC 8215) and
 * ISATAP (RFC 5214). 6to4 and Teredo are inner as a whole: nothing public is reached by them today. So is every family
 * but IPv4 and IPv6. Any thread.
 */
bool guard_is_inner(const struct sockaddr *address);

/* The same for an IPv4 address in host order and for the 16 bytes of an IPv6 address. */
bool guard_is_inner_v4(uint32_t address);
bool guard_is_inner_v6(const uint8_t address[16]);

/* True for the ports that a foreign address may name. */
bool guard_is_port_allowed(int port);

#endif
