/*
 * Blocks in a list; small pieces are cut from the newest block, large ones get a block of their own. The first block is
 * kept over a reset, so a worker that answers small requests allocates nothing.
 */
#include "parley/core/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum { ALIGN = 16, BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t used_bytes;
    size_t room_bytes;
    _Alignas(ALIGN) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *p;
};

struct arena {
    struct block *blocks; /* newest first */
    struct deferred *deferred;
    size_t cap_bytes;
    size_t used_bytes;
    bool overflowed;
};

static struct block *block_new(size_t room_bytes)
{
    struct block *b = malloc(sizeof(*b) + room_bytes);
    if (b)
        *b = (struct block){ .room_bytes = room_bytes };
    return b;
}

struct arena *arena_new(size_t cap_bytes)
{
    struct arena *a = calloc(1, sizeof(*a));
    if (a)
        a->cap_bytes = cap_bytes;
    return a;
}

static void run_deferred(struct arena *a)
{
    /* A clean-up may itself use the arena, so the list is taken off piece by piece. */
    while (a->deferred) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->fn(d->p);
    }
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_deferred(a);
    free_blocks(a->blocks);
    free(a);
}

/* Takes one block of the usual size out of the list, to be kept; the rest is freed. */
static struct block *keep_one(struct block *b)
{
    struct block *kept = NULL;
    while (b) {
        struct block *next = b->next;
        if (!kept && b->room_bytes == BLOCK_BYTES)
            kept = b;
        else
            free(b);
        b = next;
    }
    if (kept)
        *kept = (struct block){ .room_bytes = BLOCK_BYTES };
    return kept;
}

void arena_reset(struct arena *a)
{
    run_deferred(a);
#ifdef ARENA_MALLOC
    free_blocks(a->blocks);
    a->blocks = NULL;
    (void)keep_one;
#else
    a->blocks = keep_one(a->blocks);
#endif
    a->used_bytes = 0;
    a->overflowed = false;
}

static bool charge(struct arena *a, size_t size_bytes)
{
    if (a->overflowed || size_bytes > a->cap_bytes - a->used_bytes) {
        a->overflowed = true;
        return false;
    }
    a->used_bytes += size_bytes;
    return true;
}

static struct block *block_with_room(struct arena *a, size_t size_bytes)
{
    size_t room_bytes;
    struct block *b;
#ifdef ARENA_MALLOC
    room_bytes = size_bytes;
#else
    if (a->blocks && a->blocks->room_bytes - a->blocks->used_bytes >= size_bytes)
        return a->blocks;
    room_bytes = size_bytes > BLOCK_BYTES / 4 ? size_bytes : BLOCK_BYTES;
#endif
    b = block_new(room_bytes);
    if (!b)
        return NULL;
    /* A block that one large piece fills stands behind the newest, whose rest can still be used. */
    if (a->blocks && room_bytes == size_bytes) {
        b->next = a->blocks->next;
        a->blocks->next = b;
    } else {
        b->next = a->blocks;
        a->blocks = b;
    }
    return b;
}

void *arena_alloc(struct arena *a, size_t size_bytes)
{
    size_t rounded;
    struct block *b;
    void *piece;
    if (size_bytes > SIZE_MAX - ALIGN) {
        a->overflowed = true;
        return NULL;
    }
#ifdef ARENA_MALLOC
    rounded = size_bytes;
#else
    rounded = (size_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
#endif
    if (!charge(a, rounded))
        return NULL;
    b = block_with_room(a, rounded);
    if (!b) {
        a->overflowed = true;
        return NULL;
    }
    piece = b->bytes + b->used_bytes;
    b->used_bytes += rounded;
    return piece;
}

void *arena_calloc(struct arena *a, size_t count, size_t size_bytes)
{
    size_t total = 0;
    void *piece;
    if (__builtin_mul_overflow(count, size_bytes, &total)) {
        a->overflowed = true;
        return NULL;
    }
    piece = arena_alloc(a, total);
    return piece ? memset(piece, 0, total) : NULL;
}

char *arena_cstr(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);
    if (!copy)
        return NULL;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *copy;
    if (!s.ptr)
        return s;
    copy = arena_cstr(a, s);
    return copy ? (struct str){ copy, s.len } : (struct str){ NULL, 0 };
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    int len;
    char *text;
    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    text = arena_alloc(a, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

enum err arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
    struct deferred *d = arena_alloc(a, sizeof(*d));
    if (!d) {
        fn(p);
        return ERR_NO_MEMORY;
    }
    *d = (struct deferred){ a->deferred, fn, p };
    a->deferred = d;
    return ERR_OK;
}

enum err arena_check(const struct arena *a)
{
    return a->overflowed ? ERR_NO_MEMORY : ERR_OK;
}

size_t arena_used_bytes(const struct arena *a)
{
    return a->used_bytes;
}
