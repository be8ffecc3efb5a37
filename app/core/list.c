#include "parley/core/list.h"

#include <stdbool.h>
#include <string.h>

/* Room for this many at first; it is doubled whenever the count reaches it or a doubling of it. */
enum { LIST_FIRST_ROOM = 8 };

static bool is_full(size_t count)
{
    return count == 0 || (count >= LIST_FIRST_ROOM && (count & (count - 1)) == 0);
}

void *list_add(struct arena *a, struct list *list, size_t item_bytes)
{
    if (is_full(list->count)) {
        size_t room = list->count == 0 ? LIST_FIRST_ROOM : 2 * list->count;
        void *grown = arena_calloc(a, room, item_bytes);

        if (grown == NULL)
            return NULL;
        if (list->count > 0)
            memcpy(grown, list->items, list->count * item_bytes);
        list->items = grown;
    }
    return (char *)list->items + list->count++ * item_bytes;
}
