#include "rate_key.h"

#include <arpa/inet.h>

enum { V4_BYTES = 4, V6_BYTES = 16, V6_NETWORK_BYTES = 8 };

static void add(struct rate_key *key, const void *bytes, size_t len)
{
    size_t room = sizeof(key->bytes) - key->len;

    len = len < room ? len : room;
    if (len > 0)
        memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

/* The bytes of a fixed number, so that nothing that follows can be taken for a part of the address. */
static void add_address(struct rate_key *key, struct str ip)
{
    static const uint8_t mapped[V6_BYTES - V4_BYTES] = { [10] = 0xFF, [11] = 0xFF };
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t address[V6_BYTES] = { 0 }, piece[RATE_ADDRESS_BYTES] = { 0 };

    if (ip.len < sizeof(text) && ip.len > 0)
        memcpy(text, ip.ptr, ip.len);
    if (inet_pton(AF_INET, text, piece + 1) == 1) {
        piece[0] = V4_BYTES;
    } else if (inet_pton(AF_INET6, text, address) == 1) {
        bool is_v4 = memcmp(address, mapped, sizeof(mapped)) == 0;

        piece[0] = is_v4 ? V4_BYTES : V6_NETWORK_BYTES;
        memcpy(piece + 1, is_v4 ? address + sizeof(mapped) : address, piece[0]);
    }
    add(key, piece, sizeof(piece));
}

void rate_key_address(struct str ip, struct rate_key *ret_key)
{
    ret_key->len = 0;
    add_address(ret_key, ip);
}

void rate_key_principal(const struct principal *principal, struct rate_key *ret_key)
{
    ret_key->len = 0;
    add(ret_key, principal->credential == CREDENTIAL_API_KEY ? &principal->key : &principal->user, sizeof(struct uuid));
}

void rate_key_account(struct str email, struct rate_key *ret_key)
{
    ret_key->len = 0;
    add(ret_key, email.ptr, email.len);
}

void rate_key_account_at(struct str email, struct str ip, struct rate_key *ret_key)
{
    rate_key_address(ip, ret_key);
    add(ret_key, email.ptr, email.len);
}

struct str rate_key_str(const struct rate_key *key)
{
    return (struct str){ key->bytes, key->len };
}
