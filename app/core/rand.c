#include "parley/core/rand.h"

#include <errno.h>
#include <sys/random.h>

void rand_bytes(void *bytes, size_t len)
{
    unsigned char *at = bytes;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

uint64_t rand_below(uint64_t below)
{
    /* Values from the incomplete last range are thrown away, so that none is likelier than another. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % below;
    uint64_t value = 0;
    do
        rand_bytes(&value, sizeof(value));
    while (value >= limit);
    return value % below;
}
