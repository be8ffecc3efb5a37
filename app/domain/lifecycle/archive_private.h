/* Inside an archive: what its two kinds have in common. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_ARCHIVE_PRIVATE_H
#define PARLEY_APP_DOMAIN_ARCHIVE_PRIVATE_H

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/archive.h"
#include "parley/domain/talk/message_walk.h"

/* What a source has made: an entry, whose bytes are in archive->json and whose name is set; nothing yet; it is at its end. */
enum archive_made { ARCHIVE_ENTRY, ARCHIVE_NOTHING, ARCHIVE_END };

/* The last row of a list that was read: its next piece begins behind it. */
struct archive_cursor {
    int64_t a, b;
    char text[EMOJI_MAX_BYTES + 1];
};

struct archive {
    enum err (*make)(struct ctx *ctx, struct archive *archive, enum archive_made *ret_made);
    const struct archive_encoder *encoder;
    struct buf json;               /* of an entry that is made whole */
    struct json_out out;           /* into it */
    char name[TAR_NAME_MAX_BYTES]; /* of the entry that is being written */

    /* The files of the messages that were written last. */
    struct arena *arena;                 /* theirs */
    struct list files;                   /* struct attachment */
    size_t file_at;                      /* the next one, or the one that is being written */
    int64_t file_offset;                 /* so much of it has been written */
    struct digest *digest;               /* of that; NULL: it has not begun */
    char folder[TAR_NAME_MAX_BYTES / 4]; /* before "files/" */

    /* Where the source is. */
    int section;
    int64_t part;      /* of the section's entries, from 1 */
    bool is_full;      /* rows were left for the next entry */
    int64_t row_count; /* in this one */
    struct archive_cursor cursor;
    int64_t id; /* the user's or the workspace's integer key */
    struct uuid workspace;
    int kind_max;         /* enum chat_kind: which chats are in it */
    struct chat_ref chat; /* the present one; id 0: none */
    struct message_walk walk;
};

enum err archive_new(const struct archive_encoder *encoder, struct archive **ret_archive) MUST_CHECK;
/* Takes a copy of the messages' files, which are written behind the entry. Forgets those before. ERR_NO_MEMORY. */
enum err archive_files_take(struct ctx *ctx, struct archive *archive, const struct list *messages) MUST_CHECK;
/* Begins an entry's bytes anew. */
void archive_json_begin(struct archive *archive);
/* Ends a line of JSON; true: the entry is large enough. */
bool archive_line_end(struct archive *archive);
/* The messages as lines. */
void archive_messages_write(struct archive *archive, const struct list *messages);

#endif
