/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): a short keyed hash for tables whose keys strangers choose. Who does not know the
 * key cannot make two texts collide.
 */
#ifndef PARLEY_CORE_SIPHASH_H
#define PARLEY_CORE_SIPHASH_H

#include <stdint.h>

#include "parley/core/str.h"

struct siphash_key {
    uint64_t k0, k1;
};

/* A key of random bytes. */
struct siphash_key siphash_key_new(void);
/* Any thread. */
uint64_t siphash(const struct siphash_key *key, struct str data);

#endif
