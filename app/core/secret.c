#include "parley/core/secret.h"

#include <stdint.h>

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
