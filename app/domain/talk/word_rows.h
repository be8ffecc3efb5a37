/* Rows of the table words, gathered in memory. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_WORD_ROWS_H
#define PARLEY_APP_DOMAIN_WORD_ROWS_H

#include "parley/core/list.h"
#include "parley/db/db.h"

struct word_row {
    int64_t workspace_id, message_id, chat_id;
    struct str word;
};

/*
 * Adds a row for each different word of a text, WORDS_PER_MESSAGE_MAX at most; of: what they have in common. In the arena.
 * ERR_NO_MEMORY.
 */
enum err word_rows_add(struct ctx *ctx, struct list *rows, const struct word_row *of, struct str text) MUST_CHECK;
/* Inside db_run. Sorts them, so that neighbours in the index are written one behind the other. */
enum err word_rows_insert(struct ctx *ctx, struct list *rows) MUST_CHECK;
/* Inside db_run; rows as word_rows_add left them. */
enum err word_rows_delete(struct ctx *ctx, const struct list *rows) MUST_CHECK;

/* Has the text this word? */
enum err word_rows_has(struct str text, struct str word, bool *ret_has) MUST_CHECK;

#endif
