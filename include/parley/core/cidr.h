/*
 * Lists of addresses and networks in CIDR notation (RFC 4632, RFC 4291 §2.3), IPv4 and IPv6, separated by commas. An
 * IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address; besides that, an IPv4 address is in no IPv6
 * network, not even in ::/0. Any thread; nothing here allocates but the buf.
 */
#ifndef PARLEY_CORE_CIDR_H
#define PARLEY_CORE_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * Appends the list in its one canonical form: items in the given order, "," between them, IPv6 as in RFC 5952, no prefix
 * length where it is the whole address, doubles left out.
 *   text         blanks around items are passed over; no item may be empty
 *   ret_bad      on ERR_INVALID: which item is bad, counted from 0
 * ERR_INVALID: an item that is neither an address nor a network (leading zeros, zones and ports are neither), a network
 * with bits set behind its prefix (10.1.2.3/8: 10.0.0.0/8 or 10.1.2.3 may be meant), more than CIDR_LIST_MAX items. Check
 * the buf afterwards.
 */
enum err cidr_list_normalise(struct str text, struct buf *out, size_t *ret_bad) MUST_CHECK;

/*
 * Is the address in one of the list's networks?
 *   list     as cidr_list_normalise prints it; items that are not are passed over
 *   address  text without a prefix length; what is no address is in no list
 */
bool cidr_list_has(struct str list, struct str address);

/* Is each network of `inner` inside one of `outer`'s? Both as cidr_list_normalise prints them; an absent inner is. */
bool cidr_list_covers(struct str outer, struct str inner);

enum { CIDR_NETWORK_BYTES = 9 };
/*
 * The network that one customer has, as a key of a fixed size: of an IPv4 address all of it, of an IPv6 address the first
 * 64 bits. What is no address is one network by itself, all zero.
 */
void cidr_network(struct str address, uint8_t ret_network[CIDR_NETWORK_BYTES]);

#endif
