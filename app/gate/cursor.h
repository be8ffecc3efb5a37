/*
 * A page's position as text that the client hands back: base64url of the keys and 8 bytes of a MAC over keys and context.
 * The MAC is no secret's guard, it keeps clients from making up positions that nobody tested.
 */
#ifndef PARLEY_APP_GATE_CURSOR_H
#define PARLEY_APP_GATE_CURSOR_H

#include "parley/auth/keys.h"
#include "parley/core/arena.h"
#include "parley/gate/page.h"

/* context: what the cursor is bound to. Appended to out. */
void cursor_write(struct keys *keys, struct str context, const struct page_position *position, struct buf *out);
/* ERR_INVALID: not one of ours, of another context, or of another number of keys. ERR_NO_MEMORY. */
enum err cursor_read(struct keys *keys, struct arena *a, struct str context, struct str text, size_t key_count,
                     struct page_position *ret_position) MUST_CHECK;

#endif
