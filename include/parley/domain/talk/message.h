/*
 * Messages of a chat. A reply belongs to the thread of its root, the message at whose end the chain of replies began. A message
 * has a `seq`, given out contiguously under its chat's row lock; erasing leaves holes,
 * deleting leaves a tombstone that keeps its seq.
 *
 * Texts and lists of all results are in the request arena. All functions: any thread, one ctx each; errors of the
 * database (parley/db/db.h) besides those that are named.
 */
#ifndef PARLEY_DOMAIN_MESSAGE_H
#define PARLEY_DOMAIN_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/workspaces/member.h"

struct chat_ref;

/* Stored as these numbers. */
enum message_status { MESSAGE_COMPLETE, MESSAGE_PENDING, MESSAGE_STREAMING, MESSAGE_STOPPED, MESSAGE_FAILED };

/* Where the text of a forwarded message comes from, and its files. */
struct message_forward {
    struct uuid message, chat; /* zero: gone, or not for the caller */
    struct sender sender;
    int64_t sent_us;
    int64_t text_at; /* in the content, in code points: what stands before it is the forwarder's own */
};

/* What an answer took, and what it was made from. */
struct message_usage {
    int64_t prompt_tokens; /* cached ones among them */
    int64_t cached_tokens;
    int64_t completion_tokens; /* those of reasoning among them */
    int64_t reasoning_tokens;
    int64_t cost_micros; /* millionths of the currency */
    bool estimated;      /* the provider told no counts */
    int64_t context_messages;
    bool truncated; /* the provider seems to have left out a part of them */
};

/* Why an answer failed: a code (parley/ai/faults.def), and its sentence. */
struct message_fault {
    struct str code, text;
};

/* What only an assistant's answer has; all absent, NULL and 0 for what people write. */
struct message_answer {
    struct str provider;               /* who was asked */
    struct str reasoning;              /* absent: none */
    struct str finish;                 /* "stop", "length", "tools", "filter"; absent: it did not end by itself */
    const struct message_fault *fault; /* NULL: none */
    const struct message_usage *usage; /* NULL: not known yet */
    int64_t alternative;               /* the number of the one that is shown, from 1 */
    int64_t alternative_count;
};

struct message {
    int64_t id; /* integer key */
    struct uuid uuid;
    struct uuid chat;
    int64_t seq;
    int64_t sender_user_id; /* integer key; 0: none */
    struct uuid sender_id;  /* zero: none */
    struct sender sender;
    struct str content; /* "" in a tombstone */
    bool is_ai_response;
    int status;       /* enum message_status */
    struct str model; /* absent: none */
    struct message_answer answer;
    int64_t reply_to_id;  /* integer key; 0: none */
    struct uuid reply_to; /* zero: none, or erased */
    int64_t root_id;      /* integer key of the thread's first message; 0: it begins none, or its own */
    struct uuid root;     /* zero likewise, or erased */
    int64_t reply_count;  /* living messages in the thread that begins here */
    int64_t attachment_count;
    struct list attachments; /* struct attachment */
    bool has_reactions, has_mentions;
    bool is_forwarded;
    const struct message_forward *forward; /* NULL: it is no forwarded one */
    bool has_saves;                        /* somebody has saved it… */
    bool saved;                            /* …the caller */
    struct list reactions;                 /* struct reaction, in the order in which their kinds came */
    struct list mentions;                  /* struct uuid: users */
    int mention_all;                       /* enum mention_all */
    bool pinned;
    struct str nonce;   /* of its sender's Idempotency-Key (idempotency.h), hex; absent: none was sent */
    int64_t edited_us;  /* 0: never */
    int64_t deleted_us; /* 0: it lives */
    int64_t version;
    int64_t created_us, updated_us;
};

/* Reactions of one kind. */
struct reaction {
    struct str emoji; /* core/emoji.h */
    int64_t count;
    bool mine; /* one of them is the caller's */
};

/* Who reads or writes, and where. */
struct message_location {
    const struct membership *workspace;
    const struct principal *principal;
    struct uuid chat;
};

/* One message, for whoever may read the chat. Errors of chat_require and message_get. */
enum err message_find(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                      struct message *ret_message) MUST_CHECK;

/* Where a page lies. seq bounds are exclusive but for AROUND, which has the message itself when it is there. */
enum message_anchor { MESSAGES_NEWEST, MESSAGES_BEFORE, MESSAGES_AFTER, MESSAGES_AROUND };

struct message_range {
    enum message_anchor anchor;
    int64_t seq;   /* not used by MESSAGES_NEWEST */
    int64_t limit; /* 1 … PAGE_MAX */
};

struct message_page {
    struct list messages;      /* struct message, oldest first, with all that belongs to them */
    int64_t total;             /* messages of the chat, tombstones included; kept on the chat's row */
    bool has_older, has_newer; /* beyond this page; may be true where what lies there has been erased */
};

/*
 * Messages at a position; costs the same at any depth. One statement; others only where there are authors whose names are
 * not known at present, replies to what is not on the page (or threads that begin elsewhere), files, reactions and mentions:
 * one for each of these. chat: from chat_require with the right to read, maybe a guess, which the first statement proves.
 * ERR_CHAT_NOT_FOUND: it was none, or the chat has gone.
 */
enum err message_range_read(struct ctx *ctx, const struct chat_ref *chat, const struct message_range *range,
                            struct message_page *ret_page) MUST_CHECK;
/* Page `number` (from 1, the newest) of `size` messages (1 … PAGE_MAX). A page past the end is empty. */
enum err message_page_read(struct ctx *ctx, const struct chat_ref *chat, int64_t number, int64_t size,
                           struct message_page *ret_page) MUST_CHECK;
/* The same two for whoever may read the chat: errors of chat_require besides. */
enum err message_range_find(struct ctx *ctx, const struct message_location *location, const struct message_range *range,
                            struct message_page *ret_page) MUST_CHECK;
enum err message_page_find(struct ctx *ctx, const struct message_location *location, int64_t number, int64_t size,
                           struct message_page *ret_page) MUST_CHECK;

/* One message of a chat. ERR_MESSAGE_NOT_FOUND: also for tombstones and for messages of another chat. */
enum err message_get(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                     struct message *ret_message) MUST_CHECK;

/*
 * The living messages of the thread that a living message is in (its root may have been deleted), behind a seq, in their
 * order; without the root. For whoever may read the chat. ERR_MESSAGE_NOT_FOUND.
 */
struct reply_range {
    struct uuid message;
    int64_t after_seq; /* 0: from the first */
    int64_t limit;     /* 1 … PAGE_MAX */
};
enum err message_reply_list(struct ctx *ctx, const struct message_location *location, const struct reply_range *range,
                            struct list *ret_list) MUST_CHECK;

/* ---- for other parts of the domain ---- */

/* What is replied to: its integer key and that of its thread's root. */
struct message_thread {
    int64_t id, root_id;
};
/* ERR_NOT_FOUND, with nothing written into the problem: no such living message in the chat. One statement. */
enum err message_thread_find(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                             struct message_thread *ret_thread) MUST_CHECK;
/* The same where it must be there: ERR_MESSAGE_NOT_FOUND. */
enum err message_thread_get(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                            struct message_thread *ret_thread) MUST_CHECK;

#endif
