/*
 * Chats: conversations in a workspace. Who is in one says its join mode:
 *   workspace  everyone in the workspace
 *   open       everyone in the workspace sees that it exists and may join; who has joined reads and writes
 *   invite     only its members know that it exists
 * Writing needs the workspace role MEMBER besides. Who may see what is decided here (chat_find), in one place.
 *
 * Every function here: any thread; ERR_DATABASE, ERR_BUSY, ERR_NO_MEMORY and ERR_COMMIT_UNKNOWN as db.h says. Results
 * are in the request arena.
 */
#ifndef PARLEY_DOMAIN_CHAT_H
#define PARLEY_DOMAIN_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/domain/idempotency.h"
#include "parley/domain/member.h"

/* Stored as these numbers. */
enum chat_join { CHAT_JOIN_WORKSPACE, CHAT_JOIN_OPEN, CHAT_JOIN_INVITE };
enum chat_assistant { CHAT_ASSISTANT_OFF, CHAT_ASSISTANT_MENTION, CHAT_ASSISTANT_ALWAYS };

/* What the caller wants to do. Each includes the ones before, but for CHAT_MANAGE, which includes CHAT_SEE only. */
enum chat_right {
    CHAT_SEE,    /* that it exists, its title and settings */
    CHAT_READ,   /* its messages and files */
    CHAT_WRITE,  /* new messages: role MEMBER besides */
    CHAT_MANAGE, /* settings, members, deleting: its creator with role MEMBER, or an OWNER */
};

/* Enough of a chat to work on what is in it. */
struct chat_ref {
    int64_t id;
    struct uuid uuid;
    int64_t workspace_id;
    enum chat_join join;
    int64_t created_by;    /* user's integer key; 0: nobody any more */
    int64_t last_seq;      /* of the newest message ever, when this was read */
    int64_t message_count; /* likewise */
    int64_t version;
    bool joined;           /* the caller is in it: always so with CHAT_JOIN_WORKSPACE */
};

/*
 * Finds a chat of the caller's workspace and asks for a right to it. One statement.
 * ERR_CHAT_NOT_FOUND: unknown, deleted, of another workspace, or invite-only without the caller. ERR_NOT_JOINED: an open
 * chat's messages, not joined. ERR_FORBIDDEN: the role does not do.
 */
enum err chat_find(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                   enum chat_right right, struct chat_ref *ret_chat) MUST_CHECK;

/* The start of a chat's newest message. */
struct chat_last_message {
    struct uuid id;
    int64_t seq;
    struct uuid sender;     /* zero: no user */
    struct str sender_name; /* absent: the assistant */
    struct str content;     /* its first CHAT_PREVIEW_CHARS code points */
    bool is_ai_response;
    int64_t created_us;
};

struct chat {
    int64_t id;
    struct uuid uuid;
    struct uuid workspace;
    struct str title;
    struct uuid created_by; /* zero: nobody any more */
    enum chat_join join;
    enum chat_assistant assistant;
    struct str provider, model, system_prompt; /* absent: not set */
    double temperature;                        /* NAN: not set */
    int64_t max_tokens;                        /* INT64_MIN: not set */
    int64_t message_count;
    bool joined;
    struct chat_last_message *last_message; /* NULL: none, or not to be read by the caller */
    int64_t activity_us;
    int64_t version;
    int64_t created_us, updated_us;
};

struct db_row;
/*
 * For statements that list chats: takes a row of their columns (CHAT_COLUMN_COUNT of them, in the order of chat_get's SELECT list).
 * ERR_NO_MEMORY.
 */
enum { CHAT_COLUMN_COUNT = 25 };
enum err chat_read(struct ctx *ctx, const struct db_row *row, const struct membership *m, struct chat *ret_chat) MUST_CHECK;

/* One chat with its newest message, for whoever may see it; the caller of this has asked chat_find. ERR_CHAT_NOT_FOUND. */
enum err chat_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                  struct chat *ret_chat) MUST_CHECK;

/* Settings, as sent. What is not in `fields` is left as it is (when made: its standard). */
enum chat_field {
    CHAT_TITLE = 1,
    CHAT_ASSISTANT = 2,
    CHAT_PROVIDER = 4,
    CHAT_MODEL = 8,
    CHAT_SYSTEM_PROMPT = 16,
    CHAT_TEMPERATURE = 32,
    CHAT_MAX_TOKENS = 64,
    CHAT_JOIN = 128,
};
struct chat_settings {
    unsigned fields; /* enum chat_field */
    struct str title;
    enum chat_assistant assistant;
    struct str provider, model, system_prompt; /* absent: not set */
    double temperature;                        /* NAN: not set */
    int64_t max_tokens;                        /* INT64_MIN: not set */
    enum chat_join join;
};

/*
 * Makes a chat; its maker is its first member. With a claim that was used before, answers with the chat of that time
 * (ERR_CHAT_NOT_FOUND when that is gone). ERR_IDEMPOTENCY_BODY.
 */
enum err chat_create(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct chat_settings *settings,
                     const struct idempotency_claim *claim, struct chat *ret_chat) MUST_CHECK;

/*
 * Changes settings; needs CHAT_MANAGE. A chat that stops being everyone's keeps its creator, the caller and whoever had
 * joined before.
 *   if_version  0: any
 * ERR_PRECONDITION, and what chat_find returns.
 */
enum err chat_update(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                     const struct chat_settings *settings, int64_t if_version, struct chat *ret_chat) MUST_CHECK;

/*
 * Deletes a chat; needs CHAT_MANAGE. Marked in one statement and gone for everyone; a job removes messages and objects.
 * ERR_PRECONDITION, and what chat_find returns.
 */
enum err chat_delete(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                     int64_t if_version) MUST_CHECK;

/*
 * chat_find inside db_run, the chat's row locked until the end of the transaction. The workspace's lock, where it is
 * needed too, comes before.
 */
enum err chat_find_locked(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                          enum chat_right right, struct chat_ref *ret_chat) MUST_CHECK;

#endif
