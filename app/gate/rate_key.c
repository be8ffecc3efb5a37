#include "rate_key.h"

#include "parley/core/cidr.h"

static void add(struct rate_key *key, const void *bytes, size_t len)
{
    size_t room = sizeof(key->bytes) - key->len;

    len = len < room ? len : room;
    if (len > 0)
        memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

void rate_key_address(struct str ip, struct rate_key *ret_key)
{
    uint8_t network[CIDR_NETWORK_BYTES];

    cidr_network(ip, network);
    ret_key->len = 0;
    add(ret_key, network, sizeof(network));
}

void rate_key_principal(const struct principal *principal, struct rate_key *ret_key)
{
    ret_key->len = 0;
    add(ret_key, principal->credential == CREDENTIAL_API_KEY ? &principal->key : &principal->user, sizeof(struct uuid));
}

void rate_key_token(struct str token, struct rate_key *ret_key)
{
    ret_key->len = 0;
    add(ret_key, token.ptr, token.len);
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
