/* Handling of secrets. Any thread. */
#ifndef PARLEY_CORE_SECRET_H
#define PARLEY_CORE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/core/str.h"

/* Overwrites; the compiler does not leave it out. */
void secret_wipe(void *bytes, size_t len);
/* Equal, in a time that depends on the lengths only. */
bool secret_eq(struct str a, struct str b);

#endif
