/* Keys of the rate limits' buckets: whose bucket it is. */
#ifndef PARLEY_APP_GATE_RATE_KEY_H
#define PARLEY_APP_GATE_RATE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/cidr.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"

enum { RATE_KEY_MAX_BYTES = CIDR_NETWORK_BYTES + EMAIL_MAX_BYTES };

struct rate_key {
    size_t len;
    char bytes[RATE_KEY_MAX_BYTES];
};

/* Of an address as text: of the network that one customer has (cidr_network). Texts that are no address share one key. */
void rate_key_address(struct str ip, struct rate_key *ret_key);
/* Of the principal: each API key by itself, all sessions of a user together. */
void rate_key_principal(const struct principal *principal, struct rate_key *ret_key);
/* Of a token, good or not; such ones as are longer than RATE_KEY_MAX_BYTES and begin alike share one. */
void rate_key_token(struct str token, struct rate_key *ret_key);
/* Of an account, by its e-mail address, whether anybody has it or not. email: as email_normalise gives it. */
void rate_key_account(struct str email, struct rate_key *ret_key);
/* Of an account and an address together. */
void rate_key_account_at(struct str email, struct str ip, struct rate_key *ret_key);

struct str rate_key_str(const struct rate_key *key);

#endif
