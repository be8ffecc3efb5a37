/* What people say of themselves at present: a line, an emoji, and until when. Others see it beside their names. */
#ifndef PARLEY_DOMAIN_USER_STATUS_H
#define PARLEY_DOMAIN_USER_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"

struct db_row;

struct user_status {
    struct str text;  /* a line of at most STATUS_MAX_CHARS; absent: none */
    struct str emoji; /* core/emoji.h; absent: none */
    int64_t until_us; /* 0: until it is changed */
};

/*
 * Reads the three columns status_text, status_emoji and status_until_us, of which `first` is the first. NULL: none is set, or
 * it is over. In the request arena, whose overflow shows in arena_check.
 */
const struct user_status *user_status_read(struct ctx *ctx, const struct db_row *row, int first);

/*
 * Sets one's own; without text and emoji there is none from then on. ERR_INVALID: not an emoji, or over already.
 * ERR_USER_NOT_FOUND. Any thread, no transaction open; ERR_DATABASE, ERR_BUSY and ERR_COMMIT_UNKNOWN as db.h says.
 */
enum err user_status_set(struct ctx *ctx, int64_t user_id, const struct user_status *status) MUST_CHECK;

/*
 * For the events: what up to EVENT_BATCH_MAX users say of themselves now, in the order of their integer keys in user_ids;
 * NULL: nothing. One statement. ERR_NO_MEMORY, errors of the database.
 */
enum err user_status_batch_load(struct ctx *ctx, const int64_t *user_ids, size_t count,
                                const struct user_status **ret_statuses) MUST_CHECK;

#endif
