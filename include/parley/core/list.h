/* A counted array whose element type the reader knows from the context: what lists in replies and bodies are kept as. */
#ifndef PARLEY_CORE_LIST_H
#define PARLEY_CORE_LIST_H

#include <stddef.h>

#include "parley/core/arena.h"

struct list {
    void
        *items; /* array of structs, or of the C values that a spec names, in the request arena; NULL when count is 0 */
    size_t count;
};

/*
 * Makes room for one more element at the end and counts it; zeroed. NULL past the arena's cap, the list unchanged. For
 * lists that are built by this function alone; the items may move, so earlier pointers into them end here.
 */
void *list_add(struct arena *a, struct list *list, size_t item_bytes);

#endif
