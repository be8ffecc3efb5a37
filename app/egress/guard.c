#include "parley/egress/guard.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "parley/core/attrs.h"

struct net4 {
    uint32_t address;
    int prefix_bits;
};

#define IP4(a, b, c, d) (((uint32_t)(a) << 24) | ((uint32_t)(b) << 16) | ((uint32_t)(c) << 8) | (uint32_t)(d))

/* IANA's special-purpose IPv4 addresses (RFC 6890 and its registry), multicast and the reserved class. */
static const struct net4 inner_v4[] = {
    { IP4(0, 0, 0, 0), 8 },       /* this network */
    { IP4(10, 0, 0, 0), 8 },      /* private */
    { IP4(100, 64, 0, 0), 10 },   /* shared by carriers */
    { IP4(127, 0, 0, 0), 8 },     /* loopback */
    { IP4(169, 254, 0, 0), 16 },  /* link-local, metadata of the clouds */
    { IP4(172, 16, 0, 0), 12 },   /* private */
    { IP4(192, 0, 0, 0), 24 },    /* protocol assignments */
    { IP4(192, 0, 2, 0), 24 },    /* documentation */
    { IP4(192, 31, 196, 0), 24 }, /* AS112 */
    { IP4(192, 52, 193, 0), 24 }, /* AMT */
    { IP4(192, 88, 99, 0), 24 },  /* 6to4 relays */
    { IP4(192, 168, 0, 0), 16 },  /* private */
    { IP4(192, 175, 48, 0), 24 }, /* AS112 */
    { IP4(198, 18, 0, 0), 15 },   /* benchmarking */
    { IP4(198, 51, 100, 0), 24 }, /* documentation */
    { IP4(203, 0, 113, 0), 24 },  /* documentation */
    { IP4(224, 0, 0, 0), 4 },     /* multicast */
    { IP4(240, 0, 0, 0), 4 },     /* reserved, broadcast */
};

struct net6 {
    uint8_t address[16];
    int prefix_bits;
};

/* Inside 2000::/3, which is the only public unicast space of IPv6. */
static const struct net6 inner_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },             /* protocol assignments, Teredo (2001::/32), ORCHID */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },       /* documentation */
    { { 0x20, 0x02 }, 16 },                   /* 6to4 */
    { { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 }, /* AS112 */
    { { 0x3f, 0xff }, 20 },                   /* documentation */
};

static const uint8_t nat64_prefix[12] = { 0x00, 0x64, 0xff, 0x9b };
static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool guard_is_inner_v4(uint32_t address)
{
    for (size_t i = 0; i < COUNT_OF(inner_v4); i++) {
        uint32_t mask = UINT32_MAX << (32 - inner_v4[i].prefix_bits);
        if ((address & mask) == inner_v4[i].address)
            return true;
    }
    return false;
}

static bool net6_has(const struct net6 *net, const uint8_t address[16])
{
    size_t whole = (size_t)net->prefix_bits / 8;
    int rest = net->prefix_bits % 8;
    uint8_t mask;
    if (memcmp(net->address, address, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    mask = (uint8_t)(0xff << (8 - rest));
    return (address[whole] & mask) == (net->address[whole] & mask);
}

static uint32_t last_v4(const uint8_t address[16])
{
    return IP4(address[12], address[13], address[14], address[15]);
}

/* RFC 5214 §6.1: an interface identifier 0000:5efe or 0200:5efe in front of an IPv4 address. */
static bool is_isatap(const uint8_t address[16])
{
    return (address[8] & ~0x02) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

bool guard_is_inner_v6(const uint8_t address[16])
{
    if (memcmp(address, mapped_prefix, sizeof(mapped_prefix)) == 0)
        return guard_is_inner_v4(last_v4(address));
    if (memcmp(address, nat64_prefix, sizeof(nat64_prefix)) == 0)
        return guard_is_inner_v4(last_v4(address));
    if ((address[0] & 0xe0) != 0x20)
        return true;
    if (is_isatap(address) && guard_is_inner_v4(last_v4(address)))
        return true;
    for (size_t i = 0; i < COUNT_OF(inner_v6); i++) {
        if (net6_has(&inner_v6[i], address))
            return true;
    }
    return false;
}

bool guard_is_inner(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return guard_is_inner_v4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return guard_is_inner_v6(in6.sin6_addr.s6_addr);
    }
    return true;
}

bool guard_is_port_allowed(int port)
{
    return port == 80 || port == 443;
}

/* Where the clouds tell a machine its own secrets: fe80::/10, 169.254.0.0/16 in all its dresses, and fd00:ec2::/32. */
static bool is_link_local(const struct sockaddr *address)
{
    static const uint8_t metadata_prefix[4] = { 0xfd, 0x00, 0x0e, 0xc2 };
    uint8_t bytes[16] = { 0 };
    struct sockaddr_in in;
    struct sockaddr_in6 in6;

    if (address->sa_family == AF_INET) {
        memcpy(&in, address, sizeof(in));
        return ntohl(in.sin_addr.s_addr) >> 16 == IP4(169, 254, 0, 0) >> 16;
    }
    if (address->sa_family != AF_INET6)
        return true;
    memcpy(&in6, address, sizeof(in6));
    memcpy(bytes, in6.sin6_addr.s6_addr, sizeof(bytes));
    if ((bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) || memcmp(bytes, metadata_prefix, sizeof(metadata_prefix)) == 0)
        return true;
    return guard_is_inner_v6(bytes) && last_v4(bytes) >> 16 == IP4(169, 254, 0, 0) >> 16;
}

bool guard_allows(enum egress_trust trust, const struct sockaddr *address)
{
    switch (trust) {
    case EGRESS_FOREIGN: return !guard_is_inner(address);
    case EGRESS_INNER: return !is_link_local(address);
    case EGRESS_OPERATOR: return true;
    }
    return false;
}
