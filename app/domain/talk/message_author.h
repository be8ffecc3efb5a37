/* Who wrote messages. Private to the sub-room. */
#ifndef PARLEY_APP_DOMAIN_MESSAGE_AUTHOR_H
#define PARLEY_APP_DOMAIN_MESSAGE_AUTHOR_H

#include "parley/domain/talk/message.h"

/* Users as authors, each once. */
struct authors {
    struct message_author *items; /* in the arena */
    size_t count;
    int64_t people_version; /* of all names, when the last of them was read; 0: none was */
};
/*
 * Those whom the ids name (0: nobody, passed over). people_version: of all names, as the statement gave it that found the
 * ids: what is remembered of that version counts, the others are read; 0: all are.
 */
enum err authors_find(struct ctx *ctx, const int64_t *ids, size_t count, int64_t people_version,
                      struct authors *ret_authors) MUST_CHECK;
/* NULL: not among them. */
const struct message_author *author_of(const struct authors *authors, int64_t user_id);

/* Fills in sender and sender_id, as each message's sender_user_id says. author: NULL: there is none, or none any more. */
void message_sign(struct message *message, const struct message_author *author);
enum err messages_sign(struct ctx *ctx, struct message *messages, size_t count, int64_t people_version) MUST_CHECK;

/* One of them, remembered or (AUTHOR_READ) as they are called now, and the version of all names then; 0: no such user. */
enum author_source { AUTHOR_REMEMBERED, AUTHOR_READ };
enum err message_author_find(struct ctx *ctx, int64_t user_id, enum author_source source,
                             struct message_author *ret_author, int64_t *ret_people_version) MUST_CHECK;

#endif
