/*
 * url_split and db_url_parse: the input is an address. The parts stand in the text one after the other and make it up
 * with what divides them; a port that is taken is one; an address of a database that is taken is whole.
 */
#include <assert.h>
#include <string.h>

#include "parley/core/url.h"
#include "parley/db/url.h"

enum { ARENA_BYTES = 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The part begins at *place or behind; *place moves to its end. */
static void check_part(struct str part, const char **place, const char *end)
{
    if (part.ptr == NULL)
        return;
    assert(part.ptr >= *place && part.ptr + part.len <= end);
    *place = part.ptr + part.len;
}

static void check_split(struct str text, enum url_query query)
{
    const char *place = text.ptr, *end = text.ptr + text.len;
    struct url url;
    int port = 0;
    if (url_split(text, query, &url) != ERR_OK)
        return;
    check_part(url.scheme, &place, end);
    check_part(url.user, &place, end);
    check_part(url.password, &place, end);
    check_part(url.host, &place, end);
    check_part(url.port, &place, end);
    check_part(url.path, &place, end);
    check_part(url.query, &place, end);
    assert(query == URL_QUERY || url.query.ptr == NULL);
    assert(url.path.ptr == NULL || url.path.ptr[0] == '/');
    if (url_port(&url, 1, &port) == ERR_OK)
        assert(port >= 1 && port <= 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data, size };
    struct arena *arena = arena_new(ARENA_BYTES);
    struct db_url url;
    const char *reason = NULL;
    if (size == 0 || arena == NULL) {
        arena_free(arena);
        return 0;
    }
    check_split(text, URL_QUERY);
    check_split(text, URL_NO_QUERY);
    if (db_url_parse(arena, text, &url, &reason) != ERR_OK)
        assert(reason != NULL && reason[0] != '\0');
    else if (url.kind == DB_URL_MYSQL)
        assert(url.database[0] != '\0' && (url.host[0] != '\0' || url.socket[0] != '\0') && url.port > 0);
    else
        assert(url.path[0] != '\0' && strcmp(url.path, ":memory:") != 0);
    arena_free(arena);
    return 0;
}
