#include "parley/domain/lifecycle/archive.h"

#include <stdlib.h>

#include "archive_private.h"
#include "parley/domain/files/attachment.h"
#include "parley/objects/store.h"

/* Names and keys of the files of one entry of messages: 200 messages of 20 files. */
#define FILES_ARENA_BYTES (16 * MIB)

enum err archive_new(const struct archive_encoder *encoder, struct archive **ret_archive)
{
    struct archive *archive = calloc(1, sizeof(*archive));

    if (archive == NULL)
        return ERR_NO_MEMORY;
    archive->encoder = encoder;
    archive->part = 1;
    buf_init(&archive->json, REPLY_MAX_BYTES);
    archive->arena = arena_new(FILES_ARENA_BYTES);
    if (archive->arena == NULL) {
        archive_free(archive);
        return ERR_NO_MEMORY;
    }
    *ret_archive = archive;
    return ERR_OK;
}

void archive_free(struct archive *archive)
{
    if (archive == NULL)
        return;
    digest_free(archive->digest);
    arena_free(archive->arena);
    buf_release(&archive->json);
    free(archive);
}

/* ---- entries that are made whole ---- */

void archive_json_begin(struct archive *archive)
{
    buf_clear(&archive->json);
    json_out_init(&archive->out, &archive->json);
    archive->is_full = false;
    archive->row_count = 0;
}

bool archive_line_end(struct archive *archive)
{
    buf_add_byte(&archive->json, '\n');
    archive->out.comma = false;
    archive->row_count++;
    return (int64_t)archive->json.len > EXPORT_TEXT_BYTES;
}

void archive_messages_write(struct archive *archive, const struct list *messages)
{
    const struct message *items = messages->items;

    for (size_t i = 0; i < messages->count; i++) {
        archive->encoder->message(&archive->out, &items[i]);
        (void)archive_line_end(archive);
    }
}

static void piece_end(const struct archive *archive, const uint8_t sha256[SHA256_BYTES], struct archive_piece *piece)
{
    piece->name = str_from(archive->name);
    digest_hex(sha256, piece->sha256);
}

static enum err entry_write(struct ctx *ctx, struct archive *archive, struct buf *out, struct archive_piece *piece)
{
    struct str bytes = buf_str(&archive->json);
    uint8_t sha256[SHA256_BYTES];

    TRY(buf_check(&archive->json));
    tar_entry_begin(out, str_from(archive->name), (int64_t)bytes.len, ctx->now_us);
    buf_add(out, bytes);
    tar_entry_end(out, (int64_t)bytes.len);
    digest_sha256(bytes, sha256);
    piece_end(archive, sha256, piece);
    return buf_check(out);
}

/* ---- files ---- */

static enum err file_add(struct ctx *ctx, struct archive *archive, const struct attachment *file)
{
    struct attachment *copy = list_add(archive->arena, &archive->files, sizeof(*copy));

    if (copy == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    copy->uuid = file->uuid;
    copy->size_bytes = file->size_bytes;
    copy->created_us = file->created_us;
    copy->filename = arena_str(archive->arena, file->filename);
    copy->object_key = arena_str(archive->arena, file->object_key);
    return arena_check(archive->arena) == ERR_OK ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

enum err archive_files_take(struct ctx *ctx, struct archive *archive, const struct list *messages)
{
    const struct message *items = messages->items;

    arena_reset(archive->arena);
    archive->files = (struct list){ NULL, 0 };
    archive->file_at = 0;
    for (size_t i = 0; i < messages->count; i++) {
        const struct attachment *files = items[i].attachments.items;

        for (size_t n = 0; n < items[i].attachments.count; n++)
            TRY(file_add(ctx, archive, &files[n]));
    }
    return ERR_OK;
}

static const struct attachment *file_of(const struct archive *archive)
{
    return (const struct attachment *)archive->files.items + archive->file_at;
}

/* A name that is a step of a path is none. */
static void file_name(struct archive *archive, const struct attachment *file, const char *behind)
{
    bool is_step = str_eq_c(file->filename, ".") || str_eq_c(file->filename, "..");
    struct str name = is_step ? STR("file") : file->filename;
    char id[UUID_TEXT_BYTES];

    uuid_format(&file->uuid, id);
    (void)snprintf(archive->name, sizeof(archive->name), "%sfiles/%s/%.*s%s", archive->folder, id, STR_FMT(name),
                   behind);
}

static enum err file_missing(struct archive *archive, struct buf *out, struct archive_piece *piece)
{
    const struct attachment *file = file_of(archive);
    uint8_t sha256[SHA256_BYTES];

    file_name(archive, file, ".missing");
    tar_entry_begin(out, str_from(archive->name), 0, file->created_us);
    digest_sha256(STR(""), sha256);
    piece_end(archive, sha256, piece);
    piece->is_missing = true;
    archive->file_at++;
    return buf_check(out);
}

static enum err file_begin(struct ctx *ctx, struct archive *archive, struct buf *out, struct archive_piece *piece)
{
    const struct attachment *file = file_of(archive);
    struct store_info info;
    enum err e = store_stat(ctx->app->store, ctx->arena, file->object_key, &info);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && info.size_bytes != file->size_bytes))
        return file_missing(archive, out, piece);
    if (e != ERR_OK)
        return fail(ctx, e);
    archive->digest = digest_new();
    if (archive->digest == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    archive->file_offset = 0;
    file_name(archive, file, "");
    tar_entry_begin(out, str_from(archive->name), file->size_bytes, file->created_us);
    return buf_check(out);
}

struct chunk {
    struct buf *out;
    struct digest *digest;
    int64_t left_bytes;
};

static enum err chunk_take(void *arg, const void *bytes, size_t len)
{
    struct chunk *chunk = arg;

    if ((int64_t)len > chunk->left_bytes)
        return ERR_STORAGE;
    chunk->left_bytes -= (int64_t)len;
    digest_add(chunk->digest, bytes, len);
    buf_add_bytes(chunk->out, bytes, len);
    return buf_check(chunk->out);
}

static void file_end(struct archive *archive, struct buf *out, struct archive_piece *piece)
{
    uint8_t sha256[SHA256_BYTES];

    tar_entry_end(out, file_of(archive)->size_bytes);
    digest_end(archive->digest, sha256);
    archive->digest = NULL;
    piece_end(archive, sha256, piece);
    archive->file_at++;
}

/* An object that has become shorter, or has gone, since it was begun breaks the archive off. */
static enum err file_chunk(struct ctx *ctx, struct archive *archive, struct buf *out, struct archive_piece *piece)
{
    const struct attachment *file = file_of(archive);
    int64_t rest = file->size_bytes - archive->file_offset;
    int64_t length = rest < EXPORT_FILE_BYTES ? rest : EXPORT_FILE_BYTES;
    struct chunk chunk = { out, archive->digest, length };

    if (length > 0) {
        enum err e = store_get(ctx->app->store, ctx->arena, file->object_key, archive->file_offset, length, chunk_take,
                               &chunk);

        if (e != ERR_OK || chunk.left_bytes > 0)
            return fail(ctx, e == ERR_OK || e == ERR_NOT_FOUND ? ERR_STORAGE : e);
    }
    archive->file_offset += length;
    if (archive->file_offset == file->size_bytes)
        file_end(archive, out, piece);
    return buf_check(out);
}

/* ---- all of it ---- */

enum err archive_next(struct ctx *ctx, struct archive *archive, struct buf *out, struct archive_piece *ret_piece)
{
    struct archive_piece piece = { .more = true };
    enum archive_made made = ARCHIVE_NOTHING;

    if (archive->file_at < archive->files.count)
        TRY(archive->digest == NULL ? file_begin(ctx, archive, out, &piece) : file_chunk(ctx, archive, out, &piece));
    else
        TRY(archive->make(ctx, archive, &made));
    if (made == ARCHIVE_ENTRY)
        TRY(entry_write(ctx, archive, out, &piece));
    piece.more = made != ARCHIVE_END;
    *ret_piece = piece;
    return ERR_OK;
}
