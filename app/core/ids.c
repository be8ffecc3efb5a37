#include "parley/core/ids.h"

#include <stdatomic.h>

#include "parley/core/clock.h"
#include "parley/core/rand.h"

/* Milliseconds and a 12-bit counter in one number, only ever growing (RFC 9562 §6.2, method 1). */
static uint64_t next_tick(void)
{
    static _Atomic uint64_t last;
    uint64_t now = (uint64_t)(clock_now_us() / US_PER_MS) << 12;
    uint64_t seen = atomic_load(&last);
    uint64_t next = 0;
    do
        next = now > seen ? now : seen + 1;
    while (!atomic_compare_exchange_weak(&last, &seen, next));
    return next;
}

struct uuid uuid_new(void)
{
    struct uuid id;
    uint64_t tick = next_tick();
    uint64_t ms = tick >> 12;
    rand_bytes(id.bytes + 8, 8);
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70U | ((tick >> 8) & 0x0FU));
    id.bytes[7] = (uint8_t)tick;
    id.bytes[8] = (uint8_t)(0x80U | (id.bytes[8] & 0x3FU));
    return id;
}

struct uuid uuid_new_random(void)
{
    struct uuid id;
    rand_bytes(id.bytes, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)(0x40U | (id.bytes[6] & 0x0FU));
    id.bytes[8] = (uint8_t)(0x80U | (id.bytes[8] & 0x3FU));
    return id;
}

/* The bytes behind which a hyphen stands. */
enum { HYPHEN_AFTER = 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 };

void uuid_format(const struct uuid *id, char ret_text[UUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    char *at = ret_text;
    for (int i = 0; i < 16; i++) {
        *at++ = digits[id->bytes[i] >> 4];
        *at++ = digits[id->bytes[i] & 15];
        if (HYPHEN_AFTER >> i & 1)
            *at++ = '-';
    }
    *at = '\0';
}

enum err uuid_parse(struct str text, struct uuid *ret_id)
{
    struct uuid id;
    size_t at = 0;
    if (text.len != UUID_TEXT_LEN)
        return ERR_BAD_ID;
    for (int i = 0; i < 16; i++) {
        int high = str_hex_digit(text.ptr[at]);
        int low = str_hex_digit(text.ptr[at + 1]);
        if (high < 0 || low < 0)
            return ERR_BAD_ID;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
        if ((HYPHEN_AFTER >> i & 1) && text.ptr[at++] != '-')
            return ERR_BAD_ID;
    }
    *ret_id = id;
    return ERR_OK;
}

bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct str uuid_str(const struct uuid *id)
{
    return (struct str){ (const char *)id->bytes, sizeof(id->bytes) };
}
