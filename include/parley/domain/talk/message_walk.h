/* A chat's messages from one end to the other, a piece at a time, in memory that does not grow with the chat. */
#ifndef PARLEY_DOMAIN_MESSAGE_WALK_H
#define PARLEY_DOMAIN_MESSAGE_WALK_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/list.h"
#include "parley/domain/talk/chat.h"

/* Where a walk is. */
struct message_walk {
    const struct chat_ref
        *chat;         /* as chat_require gives it, read afresh; the right to read is the caller's to look at */
    int64_t after_seq; /* the last one that was read, 0 at the beginning; moved on by each piece */
    int64_t upto_seq;  /* it ends there; what is posted meanwhile lies behind it */
};

/*
 * The next messages (struct message, in the order of their seqs, tombstones too, with all that belongs to them): up to
 * EXPORT_MESSAGES, fewer where their texts are long. None: the end. In the arena, on one connection, which is given back.
 * Errors of the database, ERR_NO_MEMORY.
 */
enum err message_walk_next(struct ctx *ctx, struct message_walk *walk, struct list *ret_list) MUST_CHECK;

/*
 * What a person wrote in any chat, in the order of integer keys: the same, without tombstones, their chats' names filled in and
 * `mine` of no reaction. Of what they passed on their own words alone: neither the other text nor its files, nor where it comes
 * from. *after_id: as after_seq.
 */
enum err message_walk_person(struct ctx *ctx, int64_t user_id, int64_t *after_id, struct list *ret_list) MUST_CHECK;

#endif
