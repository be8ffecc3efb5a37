/*
 * Arena: memory of one request, given back at once when the request ends. Pieces are aligned for any type and live
 * until arena_reset or arena_free. The cap is hard: an allocation past it fails with NULL and so does every later one
 * (sticky), so that code may check once, at its end, with arena_check. With -DARENA_MALLOC=ON each piece is a malloc
 * of its own, so that sanitizers see every overrun. Not for use by two threads at once.
 */
#ifndef PARLEY_CORE_ARENA_H
#define PARLEY_CORE_ARENA_H

#include <stddef.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

struct arena;

/* A new arena that hands out at most cap_bytes in all between two resets. NULL when there is no memory. */
struct arena *arena_new(size_t cap_bytes);
/* Runs the deferred clean-ups and frees everything. NULL is fine. */
void arena_free(struct arena *a);
/* Runs the deferred clean-ups in reverse order, gives all pieces back, keeps one block for the next request. */
void arena_reset(struct arena *a);

/* size_bytes of uninitialised memory; size 0 gives a valid pointer. NULL past the cap or without memory. */
void *arena_alloc(struct arena *a, size_t size_bytes);
/* The same, count × size_bytes, zeroed; an overflow of the product is NULL. */
void *arena_calloc(struct arena *a, size_t count, size_t size_bytes);
/* A NUL-ended copy. The view points into the arena. Absent gives absent; past the cap: absent. */
struct str arena_str(struct arena *a, struct str s);
/* A NUL-ended copy as a C string; "" for absent; NULL past the cap. */
char *arena_cstr(struct arena *a, struct str s);
/* printf into the arena. NULL past the cap. */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Runs fn(p) when the arena is reset or freed. Returns ERR_OK or ERR_NO_MEMORY; in the latter case fn(p) has been run
 * at once, so the caller need not.
 */
enum err arena_defer(struct arena *a, void (*fn)(void *), void *p) MUST_CHECK;

/* ERR_NO_MEMORY when an allocation has failed since the last reset, else ERR_OK. */
enum err arena_check(const struct arena *a) MUST_CHECK;
/* Bytes handed out since the last reset. */
size_t arena_used_bytes(const struct arena *a);

#endif
