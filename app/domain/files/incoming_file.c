#include "parley/domain/files/incoming_file.h"

#include "parley/core/clock.h"
#include "parley/domain/files/room.h"
#include "parley/objects/filetype.h"

/* The source with the bytes before it that have been read to tell the type. */
struct headed {
    store_source_fn source;
    void *source_arg;
    char head[FILETYPE_HEAD_BYTES];
    size_t head_len, head_used;
    int64_t read_bytes; /* handed on so far */
    struct utf8_stream text;
    int64_t far_offset; /* 0, or where else bytes tell the type: they are kept as they pass */
    char far[FILETYPE_FAR_BYTES];
    size_t far_len;
};

static enum err head_read(struct headed *file)
{
    size_t got = 1;

    while (file->head_len < sizeof(file->head) && got > 0) {
        TRY(file->source(file->source_arg, file->head + file->head_len, sizeof(file->head) - file->head_len, &got));
        file->head_len += got;
    }
    return ERR_OK;
}

/* Of a piece that begins at read_bytes. */
static void far_keep(struct headed *file, const char *bytes, size_t len)
{
    int64_t wanted = file->far_offset + (int64_t)file->far_len - file->read_bytes;
    size_t taken;

    if (file->far_offset == 0 || wanted < 0 || wanted >= (int64_t)len)
        return;
    taken = len - (size_t)wanted;
    if (taken > sizeof(file->far) - file->far_len)
        taken = sizeof(file->far) - file->far_len;
    memcpy(file->far + file->far_len, bytes + wanted, taken);
    file->far_len += taken;
}

static enum err bytes_read(struct headed *file, void *bytes, size_t room_bytes, size_t *ret_len)
{
    size_t left = file->head_len - file->head_used;

    if (left == 0)
        return file->source(file->source_arg, bytes, room_bytes, ret_len);
    if (left > room_bytes)
        left = room_bytes;
    memcpy(bytes, file->head + file->head_used, left);
    file->head_used += left;
    *ret_len = left;
    return ERR_OK;
}

static enum err headed_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct headed *file = arg;

    TRY(bytes_read(file, bytes, room_bytes, ret_len));
    utf8_stream_add(&file->text, bytes, *ret_len);
    far_keep(file, bytes, *ret_len);
    file->read_bytes += (int64_t)*ret_len;
    return ERR_OK;
}

/* number: which of several files it is. Its name is the client's and is not repeated. */
static enum err name_and_type(struct ctx *ctx, const struct incoming_file_opts *opts, size_t number,
                              struct headed *headed, struct incoming_file *file)
{
    const struct str head = { headed->head, headed->head_len };
    const struct str allowed = str_from(ctx->config->allowed_file_types);
    enum err e = filename_check(opts->filename);

    if (e == ERR_OK)
        e = filetype_check(opts->filename, head, allowed, &file->content_type);
    if (e == ERR_FILE_CONTENT)
        headed->far_offset = filetype_far_offset(opts->filename, head);
    if (e == ERR_FILE_CONTENT && headed->far_offset > 0)
        e = filetype_check_name(opts->filename, allowed, &file->content_type);
    return e == ERR_OK ? ERR_OK : failf(ctx, e, "File %zu: %s", number, err_info(e)->sentence);
}

/* What only all of the bytes tell. */
static enum err type_finish(struct ctx *ctx, const struct headed *headed, struct incoming_file *file)
{
    if (headed->far_offset > 0) {
        enum err e = filetype_check_far((struct str){ headed->far, headed->far_len });

        if (e != ERR_OK)
            return fail(ctx, e);
    }
    file->content_type = filetype_with_charset(file->content_type, &headed->text);
    return ERR_OK;
}

/* Dooms the object before it is made, so that a crash in between leaves work for the job. */
static enum err queue_deletion(struct ctx *ctx, struct incoming_files *files, const struct incoming_file *file)
{
    return object_deletion_add(ctx, &files->pending,
                               &(struct pending_deletion){ .key = file->key,
                                                           .due_us = clock_now_us() + UPLOAD_UNKNOWN_MAX_S * US_PER_S,
                                                           .row = DOOMED_ONCE });
}

static enum err put(struct ctx *ctx, struct incoming_files *files, struct headed *headed, struct incoming_file *file,
                    int64_t left)
{
    int64_t in_request = ctx->config->max_upload_size - files->size_bytes;
    const struct store_put_opts opts = {
        .key = file->key,
        .content_type = file->content_type,
        .size_bytes = -1,
        .max_bytes = left < in_request ? left : in_request,
        .source = headed_read,
        .arg = headed,
    };
    enum err e = store_put(ctx->app->store, ctx->arena, &opts, &file->size_bytes, file->sha256);

    if (e == ERR_TOO_LARGE && left < in_request)
        return room_refuse(ctx, left);
    if (e == ERR_TOO_LARGE)
        return failf(ctx, e, "The files are larger than this server takes in one request");
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

static enum err put_headed(struct ctx *ctx, struct incoming_files *files, struct headed *headed,
                           const struct incoming_file_opts *opts)
{
    struct incoming_file *file = &files->items[files->count];
    int64_t left;

    TRY(room_on_disk_check(ctx));
    TRY(room_left(ctx, opts->workspace->workspace_id, ctx->actor != NULL ? ctx->actor->user_id : 0, &left));
    left -= files->size_bytes; /* not in the rows yet */
    TRY(head_read(headed));
    TRY(name_and_type(ctx, opts, files->count + 1, headed, file));
    file->uuid = uuid_new();
    file->filename = arena_str(ctx->arena, opts->filename);
    TRY(attachment_new_key(ctx, &opts->workspace->workspace, opts->filename, &file->key));
    TRY(queue_deletion(ctx, files, file));
    TRY(put(ctx, files, headed, file, left > 0 ? left : 0));
    TRY(type_finish(ctx, headed, file));
    files->size_bytes += file->size_bytes;
    files->count++;
    return arena_check(ctx->arena);
}

enum err incoming_files_put(struct ctx *ctx, struct incoming_files *files, const struct incoming_file_opts *opts)
{
    struct headed *headed;

    if (files->count >= FILES_PER_MESSAGE_MAX)
        return failf(ctx, ERR_INVALID, "A message has at most %d files", FILES_PER_MESSAGE_MAX);
    headed = arena_calloc(ctx->arena, 1, sizeof(*headed));
    if (headed == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    headed->source = opts->source;
    headed->source_arg = opts->source_arg;
    return put_headed(ctx, files, headed, opts);
}

void incoming_files_drop(struct ctx *ctx, struct incoming_files *files)
{
    object_deletion_run(ctx, &files->pending);
    files->count = 0;
    files->pending.count = 0;
}

enum err incoming_files_bind(struct ctx *ctx, const struct binding *binding, const struct incoming_files *files,
                             struct attachment *ret_attachments)
{
    TRY(room_for_check(ctx, binding->workspace_id, binding->user_id, files->size_bytes));
    TRY(object_deletion_withdraw(ctx, &files->pending));
    for (size_t i = 0; i < files->count; i++) {
        const struct incoming_file *file = &files->items[i];
        const struct attachment_row row = {
            .binding = *binding,
            .uuid = file->uuid,
            .key = file->key,
            .filename = file->filename,
            .content_type = file->content_type,
            .size_bytes = file->size_bytes,
            .picture = file->picture,
            .sha256 = file->sha256,
        };
        TRY(attachment_insert(ctx, &row, &ret_attachments[i]));
    }
    return ERR_OK;
}
