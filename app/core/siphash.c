#include "parley/core/siphash.h"

#include <endian.h>
#include <string.h>

#include "parley/core/rand.h"

enum { WORD_BYTES = 8, COMPRESSION_ROUNDS = 2, FINAL_ROUNDS = 4 };

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(struct state *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static void compress(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s, COMPRESSION_ROUNDS);
    s->v0 ^= word;
}

static uint64_t whole_word(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, WORD_BYTES);
    return le64toh(word);
}

/* Less than eight bytes as a number, the first one lowest. */
static uint64_t rest_word(const char *bytes, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++)
        word |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    return word;
}

struct siphash_key siphash_key_new(void)
{
    struct siphash_key key;

    rand_bytes(&key, sizeof(key));
    return key;
}

uint64_t siphash(const struct siphash_key *key, struct str data)
{
    struct state s = {
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
    size_t rest_len = data.len % WORD_BYTES;

    for (size_t i = 0; i + WORD_BYTES <= data.len; i += WORD_BYTES)
        compress(&s, whole_word(data.ptr + i));
    compress(&s, (uint64_t)data.len << 56 | rest_word(data.ptr + data.len - rest_len, rest_len));
    s.v2 ^= 0xFF;
    mix(&s, FINAL_ROUNDS);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
