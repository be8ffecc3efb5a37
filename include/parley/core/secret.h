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

/*
 * A copy that is not swapped out and stands in no core dump, as far as the system lets us (RLIMIT_MEMLOCK); a page at least. NUL-ended.
 * The caller gives it back with secret_free. NULL: no memory.
 */
char *secret_copy(struct str secret);
/* Wipes and gives back; len: of the secret. NULL is fine. */
void secret_free(char *secret, size_t len);

#endif
