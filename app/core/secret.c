#include "parley/core/secret.h"

#include <stdint.h>
#include <sys/mman.h>

void secret_wipe(void *bytes, size_t len)
{
    if (len > 0)
        explicit_bzero(bytes, len);
}

bool secret_eq(struct str a, struct str b)
{
    volatile uint8_t difference = 0;
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference = (uint8_t)(difference | ((uint8_t)a.ptr[i] ^ (uint8_t)b.ptr[i]));
    return difference == 0;
}

char *secret_copy(struct str secret)
{
    char *copy = mmap(NULL, secret.len + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (copy == MAP_FAILED)
        return NULL;
    /* Best effort, both: a server that may lock nothing works all the same. */
    (void)mlock(copy, secret.len + 1);
    (void)madvise(copy, secret.len + 1, MADV_DONTDUMP);
    if (secret.len > 0)
        memcpy(copy, secret.ptr, secret.len);
    return copy;
}

void secret_free(char *secret, size_t len)
{
    if (secret == NULL)
        return;
    secret_wipe(secret, len);
    (void)munmap(secret, len + 1);
}
