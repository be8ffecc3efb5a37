/* router_find: the whole input is a path as sent. What is found must have parsed. */
#include <assert.h>

#include "../../app/gate/router.h"

static struct router *router;
static struct arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct route rows[] = {
        { .method = GET, .path = "/" },
        { .method = GET, .path = "/a" },
        { .method = GET, .path = "/a/{x}" },
        { .method = GET, .path = "/a/{x}/b/{y}" },
        { .method = GET, .path = "/a/stats/b" },
        { .method = GET, .path = "/w/{workspace}/c/{x}/m/{y}/r/{e:word}" },
        { .method = PUT, .path = "/w/{workspace}/c/{x}" },
        { .method = GET, .path = "/o/{folder:word}/{name:word}" },
    };
    static const struct route_table table = { rows, COUNT_OF(rows) };
    static const struct route_table *const tables[] = { &table };
    struct buf faults;

    (void)argc;
    (void)argv;
    buf_init(&faults, 1000);
    arena = arena_new(1 * MIB);
    return arena == NULL || router_new(tables, 1, &faults, &router) != ERR_OK ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str path = { (const char *)data, size };
    struct route_match match;
    enum err e = router_find(router, arena, size % 2 == 0 ? GET : PUT, path, &match);

    if (e == ERR_OK) {
        assert(match.route != NULL && match.id_count <= PATH_IDS_MAX && match.word_count <= PATH_IDS_MAX);
        for (size_t i = 0; i < match.word_count; i++)
            assert(str_is_utf8(match.words[i]) && match.words[i].len > 0);
    }
    assert(e != ERR_METHOD || match.methods != 0);
    arena_reset(arena);
    return 0;
}
