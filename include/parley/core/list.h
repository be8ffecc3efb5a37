/* A counted array whose element type the reader knows from the context: what lists in replies and bodies are kept as. */
#ifndef PARLEY_CORE_LIST_H
#define PARLEY_CORE_LIST_H

#include <stddef.h>

struct list {
    void *items; /* array of structs, or of the C values that a spec names, in the request arena; NULL when count is 0 */
    size_t count;
};

#endif
