#include "socket_table.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

enum err socket_table_add(struct socket_table *table, curl_socket_t fd, const void *opener)
{
    if (table->count == table->room) {
        size_t room = table->room == 0 ? FIRST_ROOM : 2 * table->room;
        struct socket_entry *entries = reallocarray(table->entries, room, sizeof(*entries));

        if (entries == NULL)
            return ERR_NO_MEMORY;
        table->entries = entries;
        table->room = room;
    }
    table->entries[table->count++] = (struct socket_entry){ .fd = fd, .opener = opener };
    return ERR_OK;
}

void socket_table_remove(struct socket_table *table, curl_socket_t fd)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].fd != fd)
            continue;
        table->entries[i] = table->entries[--table->count];
        return;
    }
}

void socket_table_name(struct socket_table *table, const void *opener, const void *session)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].opener != opener)
            continue;
        table->entries[i].opener = NULL;
        table->entries[i].session = session;
    }
}

curl_socket_t socket_table_find(const struct socket_table *table, const void *session)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->entries[i].session == session)
            return table->entries[i].fd;
    }
    return CURL_SOCKET_BAD;
}

void socket_table_release(struct socket_table *table)
{
    free(table->entries);
}
