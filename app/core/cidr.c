#include "parley/core/cidr.h"

#include <arpa/inet.h>

#include "parley/core/limits.h"

enum {
    ADDRESS_BYTES = 16,
    V4_BYTES = 4,
    V6_NETWORK_BYTES = 8,
    V4_BITS = 32,
    V6_BITS = 128,
    MAPPED_BITS = 96,
    ADDRESS_TEXT_BYTES = 48
};

/* An address and how many of its first bits count. */
struct network {
    int family; /* AF_INET, AF_INET6 */
    uint8_t bytes[ADDRESS_BYTES];
    int prefix_bits;
};

static int width_of(const struct network *n)
{
    return n->family == AF_INET ? V4_BITS : V6_BITS;
}

/* An IPv4-mapped IPv6 address (::ffff:192.0.2.1) becomes the IPv4 address. */
static void unmap(struct network *n)
{
    static const uint8_t mapped[ADDRESS_BYTES - V4_BYTES] = { [10] = 0xFF, [11] = 0xFF };

    if (n->family != AF_INET6 || n->prefix_bits < MAPPED_BITS || memcmp(n->bytes, mapped, sizeof(mapped)) != 0)
        return;
    n->family = AF_INET;
    memmove(n->bytes, n->bytes + sizeof(mapped), V4_BYTES);
    n->prefix_bits -= MAPPED_BITS;
}

static bool address_parse(struct str text, struct network *ret_network)
{
    char copy[ADDRESS_TEXT_BYTES];

    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    ret_network->family = memchr(copy, ':', text.len) != NULL ? AF_INET6 : AF_INET;
    ret_network->prefix_bits = width_of(ret_network);
    return inet_pton(ret_network->family, copy, ret_network->bytes) == 1;
}

/* One to three digits, no zero in front. */
static bool prefix_parse(struct str text, int max_bits, int *ret_bits)
{
    int64_t bits;

    if (text.len == 0 || text.len > 3 || text.ptr[0] == '-' || (text.len > 1 && text.ptr[0] == '0') ||
        str_to_int64(text, &bits) != ERR_OK || bits > max_bits)
        return false;
    *ret_bits = (int)bits;
    return true;
}

/* The bits of byte `i` that the prefix covers. */
static uint8_t mask_at(int prefix_bits, int i)
{
    int covered = prefix_bits - 8 * i;

    if (covered >= 8)
        return 0xFF;
    if (covered <= 0)
        return 0;
    return (uint8_t)(0xFF << (8 - covered));
}

static bool has_bits_behind_prefix(const struct network *n)
{
    for (int i = 0; i < width_of(n) / 8; i++)
        if (n->bytes[i] & ~mask_at(n->prefix_bits, i))
            return true;
    return false;
}

static bool network_parse(struct str text, struct network *ret_network)
{
    size_t slash = str_index(text, '/');

    if (text.len == 0 || !address_parse(str_head(text, slash), ret_network))
        return false;
    if (slash != SIZE_MAX && !prefix_parse(str_tail(text, slash + 1), width_of(ret_network), &ret_network->prefix_bits))
        return false;
    unmap(ret_network);
    return !has_bits_behind_prefix(ret_network);
}

static bool network_has(const struct network *n, const struct network *address)
{
    if (n->family != address->family)
        return false;
    for (int i = 0; i < width_of(n) / 8; i++)
        if ((n->bytes[i] ^ address->bytes[i]) & mask_at(n->prefix_bits, i))
            return false;
    return true;
}

static bool network_eq(const struct network *a, const struct network *b)
{
    return a->prefix_bits == b->prefix_bits && network_has(a, b);
}

static void network_print(struct buf *out, const struct network *n)
{
    char text[ADDRESS_TEXT_BYTES];

    buf_add_c(out, inet_ntop(n->family, n->bytes, text, sizeof(text)));
    if (n->prefix_bits < width_of(n))
        buf_addf(out, "/%d", n->prefix_bits);
}

static bool is_among(const struct network *items, size_t count, const struct network *item)
{
    for (size_t i = 0; i < count; i++)
        if (network_eq(&items[i], item))
            return true;
    return false;
}

enum err cidr_list_normalise(struct str text, struct buf *out, size_t *ret_bad)
{
    struct network items[CIDR_LIST_MAX];
    size_t count = 0;
    struct str item;

    for (size_t i = 0; str_split(&text, ',', &item); i++) {
        if (i == CIDR_LIST_MAX || !network_parse(str_trim(item), &items[count])) {
            *ret_bad = i;
            return ERR_INVALID;
        }
        if (!is_among(items, count, &items[count]))
            count++;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        network_print(out, &items[i]);
    }
    return ERR_OK;
}

bool cidr_list_has(struct str list, struct str address)
{
    struct network one, item;
    struct str piece;

    if (!address_parse(address, &one))
        return false;
    unmap(&one);
    while (str_split(&list, ',', &piece))
        if (network_parse(piece, &item) && network_has(&item, &one))
            return true;
    return false;
}

bool cidr_list_covers(struct str outer, struct str inner)
{
    struct str piece;

    while (str_split(&inner, ',', &piece)) {
        struct network one, item;
        struct str rest = outer, outer_piece;
        bool covered = false;

        if (!network_parse(piece, &one))
            return false;
        while (!covered && str_split(&rest, ',', &outer_piece))
            covered = network_parse(outer_piece, &item) && item.prefix_bits <= one.prefix_bits &&
                      network_has(&item, &one);
        if (!covered)
            return false;
    }
    return true;
}

void cidr_network(struct str address, uint8_t ret_network[CIDR_NETWORK_BYTES])
{
    struct network one;

    memset(ret_network, 0, CIDR_NETWORK_BYTES);
    if (!address_parse(address, &one))
        return;
    unmap(&one);
    ret_network[0] = one.family == AF_INET ? V4_BYTES : V6_NETWORK_BYTES;
    memcpy(ret_network + 1, one.bytes, ret_network[0]);
}
