/*
 * cursor_read: the first byte says how many keys are wanted, the rest is a cursor as sent. No input has a right MAC; and
 * the first 24 bytes as keys, written and read again, must be the same.
 */
#include <assert.h>

#include "fuzz_keys.h"
#include "parley/core/limits.h"
#include "parley/domain/record/cursor.h"

static struct app app;
static struct arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    app.keys = fuzz_keys();
    arena = arena_new(1 * MIB);
    return arena == NULL ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem = { .err = ERR_OK };
    struct ctx ctx = { .app = &app, .arena = arena, .problem = &problem };
    int64_t keys[CURSOR_KEYS_MAX] = { 0 };
    int64_t again[CURSOR_KEYS_MAX];
    size_t count;
    struct buf text;

    if (size == 0 || size > 4 * KIB)
        return 0;
    count = 1 + data[0] % CURSOR_KEYS_MAX;
    assert(cursor_read(&ctx, STR("here"), (struct str){ (const char *)data + 1, size - 1 }, count, keys) ==
           ERR_INVALID);
    memcpy(keys, data, size < sizeof(keys) ? size : sizeof(keys));
    buf_init(&text, 200);
    cursor_write(&ctx, STR("here"), keys, count, &text);
    assert(cursor_read(&ctx, STR("here"), buf_str(&text), count, again) == ERR_OK);
    assert(memcmp(keys, again, count * sizeof(keys[0])) == 0);
    assert(cursor_read(&ctx, STR("there"), buf_str(&text), count, again) == ERR_INVALID);
    buf_release(&text);
    arena_reset(arena);
    return 0;
}
