/*
 * What people are called, and as what they are found. Who wrote a message: a user, the assistant, a name from outside, or
 * somebody who has gone.
 */
#ifndef PARLEY_DOMAIN_DISPLAY_NAME_H
#define PARLEY_DOMAIN_DISPLAY_NAME_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

struct db_row;

/* The first four are enum user_kind. */
enum sender_kind {
    SENDER_PERSON,
    SENDER_BOT,
    SENDER_CONTACT,
    SENDER_ANONYMOUS,
    SENDER_ASSISTANT,
    SENDER_OUTSIDE, /* a name from another system, without a user here */
    SENDER_DELETED, /* the account has been erased */
};

struct sender {
    struct uuid id;  /* zero: no user stands behind it */
    struct str name; /* first and last name, else the username; "Deleted user" */
    int kind;        /* enum sender_kind */
};

/* A user's name as others see it: first and last name, else the username. In the arena; absent past its cap. */
struct str display_name(struct ctx *ctx, struct str first_name, struct str last_name, struct str username);

/* The name of whoever had an account and has none any more. */
#define DELETED_USER_NAME "Deleted user"

/*
 * A user's names as they are looked up (users.names_folded): folded (core/fold.h), with a blank before each word, first and
 * last name on one line and the username on another. Somebody is found where it holds display_name_pattern of what was
 * typed. ERR_NO_MEMORY.
 */
enum err display_name_fold(struct ctx *ctx, struct str first_name, struct str last_name, struct str username,
                           struct str *ret_folded) MUST_CHECK;
/* What is looked for in that: what was typed, folded, behind a blank, so at the beginning of a word. ERR_NO_MEMORY. */
enum err display_name_pattern(struct ctx *ctx, struct str typed, struct str *ret_pattern) MUST_CHECK;

/* A user as the author of messages. */
struct message_author {
    int64_t user_id;
    struct uuid uuid;
    int kind;        /* enum user_kind */
    struct str name; /* absent: the account has been erased */
};
/* Takes {author} of sql/queries/messages.sql, from column `first` on; false: there is no such user (NULL). */
bool message_author_read(struct ctx *ctx, const struct db_row *row, int first, struct message_author *ret_author);
/* Who wrote a message. author: NULL: no user; sender_name: what the message itself says, absent: nothing. */
struct sender author_sender(const struct message_author *author, bool is_ai, struct str sender_name);

#endif
