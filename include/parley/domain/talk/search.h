/*
 * Looking for messages by their words, in one workspace or in all of the caller's, the newest first. The index (message_index.h)
 * says where to look; each message is then read and proved: that it is there, in a chat that the caller may read at this
 * moment, in a workspace that lets the caller in, and that its present text has what was asked for.
 */
#ifndef PARLEY_DOMAIN_SEARCH_H
#define PARLEY_DOMAIN_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/core/word_query.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/workspaces/member.h"

struct search_opts {
    const struct principal *principal;
    const struct membership *workspace; /* NULL: all that the caller may enter */
    const struct word_query *query;
    struct uuid chat, sender; /* zero: any; one that is not there finds nothing */
    int64_t from_us, to_us;   /* when it was sent: from the first on, before the second; 0: any */
    bool has_file;            /* only messages with a file */
    int64_t below_id;         /* where the page before ended; INT64_MAX: the first page */
    int64_t limit;            /* 1 … PAGE_MAX */
};

struct search_hit {
    struct message message;
    struct uuid workspace;
    struct str chat_title;
    struct str highlights; /* JSON: [[from,to],…], half-open, in code points of the text */
};

struct search_page {
    struct list hits; /* struct search_hit, in the arena */
    bool partial;     /* there may be more than was looked at */
    int64_t next_id;  /* below_id of the next page; 0: there is none */
};

/*
 * A page. It ends early, partial, where it has looked at SEARCH_ROWS_MAX rows of the index or for SEARCH_MAX_MS; next_id goes
 * on from there. A beginning that more than SEARCH_ROWS_MAX messages have is looked for as a whole word, and the page is
 * partial. Holds one connection. Any thread. Errors of the database (parley/db/db.h), ERR_NO_MEMORY.
 */
enum err search(struct ctx *ctx, const struct search_opts *opts, struct search_page *ret_page) MUST_CHECK;

#endif
