/*
 * What this process tells the others, and they tell it, in rows of table `signals`: for where the bus reaches nobody else.
 * Private to the folder. signal_rows_add, _is_empty and the counts: any thread; the rest one thread.
 */
#ifndef PARLEY_APP_DOMAIN_SIGNAL_ROWS_H
#define PARLEY_APP_DOMAIN_SIGNAL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat.h"

/* Stored as these numbers. */
enum signal_kind { SIGNAL_TYPING, SIGNAL_PRESENCE };

struct signal_row {
    enum signal_kind kind;
    int64_t workspace_id, chat_id; /* TYPING */
    int64_t user_id;               /* who types; whose presence has changed */
    /* Where it was read, as they are now. */
    struct uuid chat, user; /* zero: gone */
    enum chat_join join;
};

struct signal_rows;

/* NULL without memory. */
struct signal_rows *signal_rows_new(void);
void signal_rows_free(struct signal_rows *rows);

/* Never waits. Nothing behind SIGNAL_ROWS_MAX. */
void signal_rows_add(struct signal_rows *rows, const struct signal_row *row);
bool signal_rows_is_empty(struct signal_rows *rows);
/* Since the start. */
void signal_rows_counts(struct signal_rows *rows, int64_t *ret_written, int64_t *ret_dropped);

/* Writes what waits in one transaction, where another process has streams open; else it is for nobody. */
enum err signal_rows_write(struct ctx *ctx, struct signal_rows *rows, const struct node *node) MUST_CHECK;
/*
 * Reads what others have written since the last call, up to SIGNAL_ROWS_MAX, each row once; the first call, of SIGNAL_FRESH_S. Rows
 * that are committed in another order than they were numbered are found SIGNAL_BEHIND below the last.
 */
enum err signal_rows_read(struct ctx *ctx, struct signal_rows *rows, const struct node *node,
                          struct signal_row ret_rows[SIGNAL_ROWS_MAX], size_t *ret_count) MUST_CHECK;
/* The next call is as the first: nobody has listened for a while. */
void signal_rows_pause(struct signal_rows *rows);

#endif
