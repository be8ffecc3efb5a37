/*
 * A position in a list as text that the client hands back: base64url of the sort keys and 8 bytes of a MAC over keys and
 * context. The MAC guards no secret; it keeps clients from making up positions, and from using one where it means nothing.
 */
#ifndef PARLEY_DOMAIN_CURSOR_H
#define PARLEY_DOMAIN_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"

enum { CURSOR_KEYS_MAX = 3 };

/*
 * Appends the text of a position.
 *   context  any bytes that say what the cursor belongs to: route, workspace, caller
 *   keys     count of them, 1 … CURSOR_KEYS_MAX
 */
void cursor_write(struct ctx *ctx, struct str context, const int64_t *keys, size_t count, struct buf *out);
/*
 * The keys of a text that cursor_write made for the same context. ERR_INVALID: anything else (nothing is written into the
 * problem). ERR_NO_MEMORY.
 */
enum err cursor_read(struct ctx *ctx, struct str context, struct str text, size_t count, int64_t *ret_keys) MUST_CHECK;

#endif
