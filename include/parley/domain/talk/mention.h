/*
 * Who is named in a message: @username, and @all or @here for everyone who may read the chat (@here: of those only who is
 * online is notified); everyone is named by a MEMBER only. A name begins at an @ that does not stand inside of a word, an address or a path, outside of Markdown's
 * code (CommonMark 0.31 §4.5, §6.1), and is looked up as it is typed and in lower case. The first MENTIONS_MAX different names are looked up; whoever may not
 * read the chat is not named, the text stays as it is.
 *
 * Any thread. Results are in the request arena.
 */
#ifndef PARLEY_DOMAIN_MENTION_H
#define PARLEY_DOMAIN_MENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/core/str.h"

struct chat_ref;
struct message;

/* What a text names. */
struct mention_names {
    struct str names[MENTIONS_MAX]; /* as typed, without the @; borrowed from the text; no two are the same */
    size_t count;
    bool all, here;
};
/* text: any bytes. */
void mention_scan(struct str text, struct mention_names *ret_names);

/* Stored as these numbers, plus one. */
enum mention_all { MENTION_NOBODY_ELSE = -1, MENTION_ALL, MENTION_HERE };

struct mentions {
    struct list users; /* struct uuid, in the order in which their accounts were made */
    int64_t ids[MENTIONS_MAX];
    int all; /* enum mention_all */
};
/* Inside db_run: who of those that the text names may read the chat. A statement for each ten names, none without a name. */
enum err mentions_find(struct ctx *ctx, const struct chat_ref *chat, struct str text,
                       struct mentions *ret_mentions) MUST_CHECK;
/* In the transaction that has written the message (its id and seq): a statement for each. */
enum err mentions_write(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                        const struct mentions *mentions) MUST_CHECK;
/* As the message shows them. */
void mentions_show(struct message *message, const struct mentions *mentions);
/* Is there anything to write? */
bool mentions_any(const struct mentions *mentions);

#endif
