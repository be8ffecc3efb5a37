/* Which sockets curl has open for the loop, and which session of TLS is on each. Private to app/egress. */
#ifndef PARLEY_APP_EGRESS_SOCKET_TABLE_H
#define PARLEY_APP_EGRESS_SOCKET_TABLE_H

#include <curl/curl.h>

#include "parley/core/err.h"

struct socket_entry {
    curl_socket_t fd;
    const void *opener;  /* the call for which it was opened, until it is connected */
    const void *session; /* curl's pointer, of which nothing but its being the same counts; NULL: none yet */
};

struct socket_table {
    struct socket_entry *entries;
    size_t count, room;
};

/* ERR_NO_MEMORY: unchanged. */
enum err socket_table_add(struct socket_table *table, curl_socket_t fd, const void *opener) MUST_CHECK;
/* Fine for one that is not in it. */
void socket_table_remove(struct socket_table *table, curl_socket_t fd);
/* The opener's connection stands. */
void socket_table_name(struct socket_table *table, const void *opener, const void *session);
/* CURL_SOCKET_BAD: there is none. */
curl_socket_t socket_table_find(const struct socket_table *table, const void *session);
void socket_table_release(struct socket_table *table);

#endif
