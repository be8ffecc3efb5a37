/*
 * Archives (core/tar.h): what a person has on this server, and what a workspace holds, with the files. Made a piece at a time,
 * in memory that does not grow with what is in it. A file whose object is not there has an empty entry in its place, with
 * ".missing" behind its name.
 *
 *   of a person     account.json, chat_states-N.jsonl, reactions-N.jsonl, versions-N.jsonl, messages-N.jsonl,
 *                   files/ID/NAME
 *   of a workspace  workspace.json, members.jsonl; of each chat, in the order in which they were made, chats/N-ID/chat.json,
 *                   chats/N-ID/messages-FROM-TO.jsonl and behind each of these chats/N-ID/files/ID/NAME
 *
 * One thread at a time. Errors of the database and the store besides those named.
 */
#ifndef PARLEY_DOMAIN_ARCHIVE_H
#define PARLEY_DOMAIN_ARCHIVE_H

#include <stdbool.h>

#include "parley/auth/digest.h"
#include "parley/core/ctx.h"
#include "parley/core/json_out.h"
#include "parley/core/tar.h"
#include "parley/domain/people/user.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/trust/session.h"
#include "parley/domain/workspaces/member.h"
#include "parley/domain/workspaces/workspace.h"

/* How the JSON in it looks: shapes/archive_encode.h. */
struct archive_encoder {
    void (*user)(struct json_out *out, const struct user *user);
    void (*session)(struct json_out *out, const struct session *session);
    void (*workspace)(struct json_out *out, const struct workspace *workspace);
    void (*member)(struct json_out *out, const struct member *member);
    void (*chat)(struct json_out *out, const struct chat *chat);
    void (*message)(struct json_out *out, const struct message *message);
};

struct archive;

/* encoder: borrowed until archive_free. ERR_NO_MEMORY. */
enum err archive_of_person(struct ctx *ctx, int64_t user_id, const struct archive_encoder *encoder,
                           struct archive **ret_archive) MUST_CHECK;

struct archive_workspace_opts {
    struct uuid workspace;
    bool with_direct; /* the chats that only their two to nine people see, too */
};
/* ERR_WORKSPACE_NOT_FOUND. */
enum err archive_of_workspace(struct ctx *ctx, const struct archive_workspace_opts *opts,
                              const struct archive_encoder *encoder, struct archive **ret_archive) MUST_CHECK;
/* NULL is fine. */
void archive_free(struct archive *archive);

/* What a piece was. */
struct archive_piece {
    struct str name;               /* of the entry that it ended; absent: of none. Until the next piece */
    char sha256[SHA256_HEX_BYTES]; /* … and the digest of that entry's bytes */
    bool is_missing;               /* it stands for a file whose object is not there */
    bool more;                     /* there are others; behind the last one the caller writes tar_end */
};
/* Appends the next piece: an entry, a part of a file, or nothing yet. In ctx->arena it keeps nothing. */
enum err archive_next(struct ctx *ctx, struct archive *archive, struct buf *out,
                      struct archive_piece *ret_piece) MUST_CHECK;

/*
 * A workspace's archive that was cut off, before its first piece: goes on behind an entry.
 *   entry     the last of its entries but those of files, whole; absent: none
 *   file      the id of the last whole file behind that; all zero: none
 * ERR_INVALID: no such entry.
 */
enum err archive_go_on(struct ctx *ctx, struct archive *archive, struct str entry, const struct uuid *file) MUST_CHECK;

#endif
