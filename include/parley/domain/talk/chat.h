/*
 * Chats: conversations in a workspace. Who is in one says its join mode:
 *   workspace  everyone in the workspace
 *   open       everyone in the workspace sees that it exists and may join; who has joined reads and writes
 *   invite     only its members know that it exists
 * A direct chat (chat_direct.h) is an invite-only one of exactly its people, without a title.
 * Writing needs the workspace role MEMBER besides. Who may see what is decided here (chat_require), in one place.
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
#include "parley/core/list.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/talk/chat_own.h"
#include "parley/domain/workspaces/member.h"

/* Stored as these numbers. */
enum chat_join { CHAT_JOIN_WORKSPACE, CHAT_JOIN_OPEN, CHAT_JOIN_INVITE };
enum chat_kind { CHAT_KIND_CHAT, CHAT_KIND_DIRECT };
enum chat_assistant { CHAT_ASSISTANT_OFF, CHAT_ASSISTANT_MENTION, CHAT_ASSISTANT_ALWAYS };

/* What the caller wants to do. Each includes the ones before, but for the last two, which include CHAT_SEE only. */
enum chat_right {
    CHAT_SEE,      /* that it exists, its title and settings */
    CHAT_READ,     /* its messages and files */
    CHAT_WRITE,    /* new messages: role MEMBER besides, and the chat is not archived */
    CHAT_MANAGE,   /* settings, members, deleting: its creator with role MEMBER, or an OWNER */
    CHAT_PUT_AWAY, /* archiving it, and back: CHAT_MANAGE; a direct chat any of its people with role MEMBER */
};

/* Enough of a chat to work on what is in it. */
struct chat_ref {
    int64_t id;
    struct uuid uuid;
    int64_t workspace_id;
    int64_t user_id; /* whose right to it was asked for: integer key */
    enum chat_kind kind;
    enum chat_join join;
    int64_t created_by;    /* user's integer key; 0: nobody any more */
    int64_t last_seq;      /* of the newest message ever, when this was read */
    int64_t message_count; /* likewise */
    int64_t version;
    enum chat_assistant assistant; /* when one answers, at that version */
    bool archived;                 /* read, and nothing new is written */
    int64_t seen_workspace; /* recalled (access_cache.h): the workspace's version then; 0: read in this request */
    enum member_role role;  /* the caller's in the workspace, when this was read */
    bool joined;            /* the caller is in it: always so with CHAT_JOIN_WORKSPACE */
};

/* Which chat, and who changes it, or what of it is their own. */
struct chat_target {
    const struct membership *m;
    int64_t user_id;
    struct uuid chat;
    int64_t if_version; /* the chat must still have this version; 0: any. Only where chat_change.h says so */
};

/*
 * member_find, and in the same statement the chat that the request is about, for chat_require: on the way of each message a
 * question less to the database. A chat that is not there is chat_require's business. Errors as member_find.
 */
enum err chat_access_load(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                          struct membership *ret_membership) MUST_CHECK;
/*
 * Finds a chat of the caller's workspace and asks for a right to it. One statement, or none after chat_access_load.
 * ERR_CHAT_NOT_FOUND: unknown, deleted, of another workspace, or invite-only without the caller. ERR_NOT_JOINED: an open
 * chat's messages, not joined. ERR_FORBIDDEN: the role does not do. ERR_CHAT_ARCHIVED: CHAT_WRITE in an archived one.
 */
enum err chat_require(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                      enum chat_right right, struct chat_ref *ret_chat) MUST_CHECK;

/* The start of a chat's newest message that has not been deleted. */
struct chat_last_message {
    struct uuid uuid;
    int64_t seq;
    int64_t sender_user_id; /* integer key; 0: none */
    struct sender sender;
    struct str content; /* its first CHAT_PREVIEW_CHARS code points */
    bool is_ai_response;
    int64_t created_us;
};

/* Where a fork comes from (chat_fork.h), as far as the caller may see it. */
struct chat_origin {
    struct uuid chat;
    struct uuid message; /* zero: it was erased */
};

struct chat {
    int64_t id;
    struct uuid uuid;
    struct uuid workspace;
    enum chat_kind kind;
    struct list direct;      /* struct uuid: the people of a direct chat; empty for others */
    struct str title;        /* absent: a direct chat */
    int64_t creator_user_id; /* integer key; 0: nobody any more */
    struct uuid created_by;  /* likewise; zero */
    enum chat_join join;
    enum chat_assistant assistant;
    struct str provider, model, system_prompt; /* absent: not set */
    double temperature;                        /* NAN: not set */
    int64_t max_tokens;                        /* INT64_MIN: not set */
    int64_t message_count, last_seq;
    bool joined;                            /* the caller is in it */
    struct chat_last_message *last_message; /* NULL: none, or not to be read by the caller */
    struct chat_own state;                  /* the caller's own */
    struct list messages;                   /* struct message, the newest; filled by chat_page_get only */
    int64_t people_version;                 /* of all names, when this was read */
    int64_t activity_us;                    /* time of the newest message, or of the chat's making */
    int64_t archived_us;                    /* 0: it is not */
    const struct chat_origin *forked_from;  /* NULL: it is no fork, or of what is gone or hidden from the caller */
    int64_t version;
    int64_t created_us, updated_us;
};

struct db_row;
/*
 * For statements about chats (sql/queries/chats.sql). chat_view_read takes a row that begins with {chat_view}; the chat has
 * no last message then. chat_read takes one that goes on with {chat_last}, and leaves last_message NULL where that has been
 * deleted. chat_last_read takes {chat_last} from column `first` on. All need chats_sign behind them. ERR_NO_MEMORY.
 */
enum err chat_view_read(struct ctx *ctx, const struct db_row *row, const struct membership *m,
                        struct chat *ret_chat) MUST_CHECK;
enum err chat_read(struct ctx *ctx, const struct db_row *row, const struct membership *m,
                   struct chat *ret_chat) MUST_CHECK;
enum err chat_last_read(struct ctx *ctx, const struct db_row *row, int first,
                        struct chat_last_message **ret_last) MUST_CHECK;
/* Fills in who made the chats and who sent their last messages. No statement where all are known (author_cache.h). */
enum err chats_sign(struct ctx *ctx, struct chat *chats, size_t count) MUST_CHECK;

/* One chat with the start of its newest message, for whoever may see it. ERR_CHAT_NOT_FOUND. One statement. */
enum err chat_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                  struct chat *ret_chat) MUST_CHECK;
/*
 * chat_require inside db_run, asked of the rows as they are now, whatever the gate has seen before. They are held to the
 * commit: whoever takes the chat, the caller's membership or the caller's place in the chat away waits, or has won.
 * ERR_WORKSPACE_NOT_FOUND: no longer a member. One statement. For every change in a chat; posting alone asks in the statements
 * that write the message (message_change.c).
 */
enum err chat_require_held(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                           enum chat_right right, struct chat_ref *ret_chat) MUST_CHECK;
/*
 * The same with the chat's row locked for changing it. The workspace's lock, where it is needed too, comes before.
 */
enum err chat_require_locked(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                             enum chat_right right, struct chat_ref *ret_chat) MUST_CHECK;

/* A direct chat is of exactly its people, and has no title: ERR_DIRECT_CHAT for what would change either. */
enum err chat_require_plain(struct ctx *ctx, const struct chat_ref *chat) MUST_CHECK;
/* Nothing new is written in an archived chat: ERR_CHAT_ARCHIVED, for what needs no CHAT_WRITE, which asks by itself. */
enum err chat_require_unarchived(struct ctx *ctx, const struct chat_ref *chat) MUST_CHECK;

#endif
