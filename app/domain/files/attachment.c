#include "parley/domain/files/attachment.h"

#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"
#include "parley/objects/disposition.h"
#include "parley/objects/filetype.h"
#include "parley/objects/store.h"

enum { KEY_RANDOM_BYTES = 16 };

/* ---- rows ---- */

static struct str attachment_url(struct ctx *ctx, const struct uuid *uuid)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(uuid, text);
    return str_from(arena_printf(ctx->arena, "%s/attachments/%s", ctx->config->public_url, text));
}

static struct str digest_text(struct ctx *ctx, struct str digest)
{
    char hex[SHA256_HEX_BYTES];

    if (digest.len != SHA256_BYTES)
        return (struct str){ NULL, 0 };
    digest_hex((const uint8_t *)digest.ptr, hex);
    return arena_str(ctx->arena, str_from(hex));
}

static int64_t side(int64_t pixels)
{
    return pixels == 0 ? INT64_MIN : pixels;
}

enum err attachment_read(struct ctx *ctx, const struct db_row *row, struct attachment *ret_attachment)
{
    *ret_attachment = (struct attachment){
        .id = db_row_int(row, ATTACHMENT_ID),
        .uuid = db_row_uuid(row, ATTACHMENT_UUID),
        .filename = arena_str(ctx->arena, db_row_str(row, ATTACHMENT_FILENAME)),
        .served_type = arena_str(ctx->arena, db_row_str(row, ATTACHMENT_CONTENT_TYPE)),
        .size_bytes = db_row_int(row, ATTACHMENT_SIZE_BYTES),
        .sha256 = digest_text(ctx, db_row_str(row, ATTACHMENT_SHA256)),
        .object_key = arena_str(ctx->arena, db_row_str(row, ATTACHMENT_OBJECT_KEY)),
        .message_id = db_row_int(row, ATTACHMENT_MESSAGE_ID),
        .created_us = db_row_int(row, ATTACHMENT_CREATED_US),
        .width = side(db_row_int(row, ATTACHMENT_WIDTH)),
        .height = side(db_row_int(row, ATTACHMENT_HEIGHT)),
    };
    ret_attachment->content_type = filetype_bare(ret_attachment->served_type);
    ret_attachment->url = attachment_url(ctx, &ret_attachment->uuid);
    return arena_check(ctx->arena);
}

static struct db_value digest_value(const uint8_t *digest)
{
    return digest == NULL ? DB_NULL : DB_BLOB(((struct str){ (const char *)digest, SHA256_BYTES }));
}

enum err attachment_insert(struct ctx *ctx, const struct attachment_row *row, struct attachment *ret_attachment)
{
    int64_t id = 0;

    TRY(db_insert(ctx, SQL_ATTACHMENT_INSERT,
                  DB_ARGS(DB_UUID(&row->uuid), DB_INT(row->binding.workspace_id),
                          DB_INT_OR_NULL(row->binding.message_id), DB_INT(row->binding.user_id), DB_TEXT(row->key),
                          DB_TEXT(row->filename), DB_TEXT(row->content_type), DB_INT(row->size_bytes),
                          digest_value(row->sha256), digest_value(row->promised_sha256),
                          DB_INT_OR_NULL(row->picture.width), DB_INT_OR_NULL(row->picture.height), DB_INT(ctx->now_us)),
                  &id));
    *ret_attachment = (struct attachment){
        .id = id,
        .uuid = row->uuid,
        .filename = row->filename,
        .content_type = filetype_bare(row->content_type),
        .served_type = row->content_type,
        .size_bytes = row->size_bytes,
        .width = side(row->picture.width),
        .height = side(row->picture.height),
        .sha256 = row->sha256 == NULL ? (struct str){ NULL, 0 }
                                      : digest_text(ctx, (struct str){ (const char *)row->sha256, SHA256_BYTES }),
        .url = attachment_url(ctx, &row->uuid),
        .object_key = row->key,
        .message_id = row->binding.message_id,
        .created_us = ctx->now_us,
    };
    return arena_check(ctx->arena);
}

/* ---- binding ---- */

struct collected {
    struct attachment *items;
    size_t count, room_count;
};

static enum err collect(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct collected *found = arg;

    if (found->count >= found->room_count)
        return fail(ctx, ERR_INTERNAL);
    return attachment_read(ctx, row, &found->items[found->count++]);
}

static enum err bind_all(struct ctx *ctx, const struct binding *binding, const struct uuid *ids, size_t count)
{
    struct db_value values[3 + OBJECT_BATCH_MAX];
    size_t n = 0;
    int64_t bound = 0;

    values[n++] = DB_INT(binding->message_id);
    values[n++] = DB_INT(binding->workspace_id);
    values[n++] = DB_INT(binding->user_id);
    for (size_t i = 0; i < OBJECT_BATCH_MAX; i++)
        values[n++] = i < count ? DB_UUID(&ids[i]) : DB_NULL;
    TRY(db_exec(ctx, SQL_ATTACHMENTS_BIND, (struct db_args){ values, n }, &bound));
    return bound == (int64_t)count ? ERR_OK : fail(ctx, ERR_ATTACHMENT_NOT_FOUND);
}

enum err attachment_bind(struct ctx *ctx, const struct binding *binding, const struct uuid *ids, size_t count,
                         struct list *ret_list)
{
    struct collected found = { .room_count = count };

    if (count > OBJECT_BATCH_MAX)
        return fail(ctx, ERR_LIMIT);
    found.items = arena_calloc(ctx->arena, count, sizeof(*found.items));
    if (found.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(bind_all(ctx, binding, ids, count));
    TRY(db_each(ctx, SQL_ATTACHMENTS_OF_MESSAGE, DB_ARGS(DB_INT(binding->message_id), DB_INT(binding->workspace_id)),
                collect, &found));
    *ret_list = (struct list){ found.items, found.count };
    return ERR_OK;
}

enum err attachment_share(struct ctx *ctx, const struct binding *binding, int64_t attachment_id)
{
    const struct uuid uuid = uuid_new();

    return db_insert(ctx, SQL_ATTACHMENT_SHARE,
                     DB_ARGS(DB_UUID(&uuid), DB_INT(binding->message_id), DB_INT_OR_NULL(binding->user_id),
                             DB_INT(ctx->now_us), DB_INT(attachment_id), DB_INT(binding->workspace_id)),
                     NULL);
}

/* ---- reading ---- */

static enum err read_one(struct ctx *ctx, const struct db_row *row, void *arg)
{
    if (db_row_int(row, ATTACHMENT_GET_READABLE_IS_SHUT) != 0)
        return fail(ctx, ERR_SECOND_FACTOR);
    return attachment_read(ctx, row, arg);
}

enum err attachment_get(struct ctx *ctx, const struct principal *principal, const struct uuid *attachment,
                        struct attachment *ret_attachment)
{
    struct db_value user = DB_INT(principal->user_id), workspace = DB_INT(principal->key_workspace_id);
    struct attachment found;
    enum err e = db_one(ctx, SQL_ATTACHMENT_GET_READABLE,
                        DB_ARGS(user, DB_UUID(attachment), workspace, workspace, user, user), read_one, &found);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_ATTACHMENT_NOT_FOUND);
    TRY(e);
    *ret_attachment = found;
    return ERR_OK;
}

static enum err collect_with_place(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct collected *found = arg;
    struct attachment *attachment;

    TRY(collect(ctx, row, found));
    attachment = &found->items[found->count - 1];
    attachment->message = db_row_uuid(row, ATTACHMENTS_OF_WORKSPACE_MESSAGE_UUID);
    attachment->chat = db_row_uuid(row, ATTACHMENTS_OF_WORKSPACE_CHAT_UUID);
    attachment->uploader = db_row_uuid(row, ATTACHMENTS_OF_WORKSPACE_UPLOADER_UUID);
    return ERR_OK;
}

enum err attachment_list(struct ctx *ctx, const struct attachment_query *query, struct list *ret_list)
{
    struct collected found = { .room_count = (size_t)query->limit };
    int64_t before_id = query->before_id > 0 ? query->before_id : INT64_MAX;

    found.items = arena_calloc(ctx->arena, found.room_count, sizeof(*found.items));
    if (found.items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(db_each(ctx, SQL_ATTACHMENTS_OF_WORKSPACE,
                DB_ARGS(DB_INT(query->workspace_id), DB_INT(before_id), DB_INT(query->user_id), DB_INT(query->limit)),
                collect_with_place, &found));
    *ret_list = (struct list){ found.items, found.count };
    return ERR_OK;
}

static enum err disposition_text(struct ctx *ctx, const char *kind, struct str filename, struct str *ret_text)
{
    struct buf text;
    enum err e;

    buf_init(&text, HEADERS_BYTES_MAX);
    disposition_add(&text, kind, filename);
    e = buf_check(&text);
    *ret_text = arena_str(ctx->arena, buf_str(&text));
    buf_release(&text);
    return e == ERR_OK ? arena_check(ctx->arena) : e;
}

enum err attachment_download(struct ctx *ctx, const struct attachment *attachment, enum download_way way, int expires_s,
                             struct download *ret_download)
{
    const char *kind = filetype_is_inline(attachment->content_type) ? "inline" : "attachment";
    const struct store_download_opts opts = {
        .key = attachment->object_key,
        .filename = attachment->filename,
        .content_type = attachment->served_type,
        .disposition = kind,
        .expires_s = expires_s,
        .now_us = ctx->now_us,
    };
    struct download download = { .url.ptr = NULL };

    TRY(disposition_text(ctx, kind, attachment->filename, &download.disposition));
    if (way == DOWNLOAD_BY_SERVER)
        download.accel_path = store_accel_path(ctx->app->store, ctx->arena, attachment->object_key);
    if (download.accel_path.ptr == NULL)
        TRY(store_presign_get(ctx->app->store, ctx->arena, &opts, &download.url));
    *ret_download = download;
    return ERR_OK;
}

/* ---- going away ---- */

struct going {
    struct db_value ids[OBJECT_BATCH_MAX];
    struct {
        struct pending_deletion pending;
        int64_t size_bytes;
        bool is_kept; /* another row has the object */
    } objects[OBJECT_BATCH_MAX];
    size_t count;
};

/*
 * An address for a PUT with a promised digest may outlive its upload; what it writes again after the deletion goes when
 * the address is dead.
 */
static enum err going_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct going *going = arg;
    int64_t address_dead_us = db_row_int(row, ATTACHMENT_GOING_CREATED_US) + UPLOAD_PUT_LIFE_S * US_PER_S;
    bool may_come_back = !db_row_is_null(row, ATTACHMENT_GOING_PROMISED_SHA256) && address_dead_us > ctx->now_us;

    if (going->count >= OBJECT_BATCH_MAX)
        return fail(ctx, ERR_INTERNAL);
    going->ids[going->count] = DB_INT(db_row_int(row, ATTACHMENT_GOING_ID));
    going->objects[going->count].size_bytes = db_row_int(row, ATTACHMENT_GOING_SIZE_BYTES);
    going->objects[going->count++].pending = (struct pending_deletion){
        .key = arena_str(ctx->arena, db_row_str(row, ATTACHMENT_GOING_OBJECT_KEY)),
        .due_us = may_come_back ? address_dead_us : ctx->now_us,
        .row = may_come_back ? DOOMED_AGAIN : DOOMED_ONCE,
    };
    return arena_check(ctx->arena);
}

static enum err kept_mark(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct going *going = arg;
    struct str key = db_row_str(row, ATTACHMENTS_OF_OBJECTS_OBJECT_KEY);

    (void)ctx;
    for (size_t i = 0; i < going->count; i++)
        if (str_eq(going->objects[i].pending.key, key))
            going->objects[i].is_kept = true;
    return ERR_OK;
}

/* Of several rows of one object the last one whose address dies dooms it. */
static bool is_doomed_by_another(const struct going *going, size_t at)
{
    const struct pending_deletion *mine = &going->objects[at].pending;

    for (size_t i = 0; i < going->count; i++) {
        const struct pending_deletion *other = &going->objects[i].pending;

        if (i != at && str_eq(other->key, mine->key) &&
            (other->due_us > mine->due_us || (other->due_us == mine->due_us && i < at)))
            return true;
    }
    return false;
}

/* Behind the deletion of the rows: others of the same objects are looked for, and locked. */
static enum err objects_doom(struct ctx *ctx, struct going *going, struct attachment_removal *removal)
{
    struct db_value keys[OBJECT_BATCH_MAX];

    for (size_t i = 0; i < OBJECT_BATCH_MAX; i++)
        keys[i] = i < going->count ? DB_TEXT(going->objects[i].pending.key) : DB_NULL;
    TRY(db_each(ctx, SQL_ATTACHMENTS_OF_OBJECTS, (struct db_args){ keys, OBJECT_BATCH_MAX }, kept_mark, going));
    for (size_t i = 0; i < going->count; i++) {
        if (going->objects[i].is_kept || is_doomed_by_another(going, i))
            continue;
        TRY(object_deletion_add(ctx, &removal->pending, &going->objects[i].pending));
        removal->byte_count += going->objects[i].size_bytes;
    }
    return ERR_OK;
}

enum err attachment_remove_found(struct ctx *ctx, enum sql statement, struct db_args args,
                                 struct attachment_removal *ret_removal)
{
    struct attachment_removal removal = { .row_count = 0 };
    struct going going = { .count = 0 };

    for (size_t i = 0; i < OBJECT_BATCH_MAX; i++)
        going.ids[i] = DB_NULL;
    TRY(db_each(ctx, statement, args, going_read, &going));
    if (going.count > 0) {
        TRY(db_exec(ctx, SQL_ATTACHMENTS_DELETE, (struct db_args){ going.ids, OBJECT_BATCH_MAX }, NULL));
        TRY(objects_doom(ctx, &going, &removal));
    }
    removal.row_count = (int64_t)going.count;
    *ret_removal = removal;
    return ERR_OK;
}

/* ---- keys ---- */

/* The part behind the last dot in lower case, where it is letters and digits only and short; else absent. */
static struct str extension(struct ctx *ctx, struct str filename)
{
    enum { EXTENSION_MAX = 16 };
    size_t dot = filename.len;
    char *text;

    while (dot > 0 && filename.ptr[dot - 1] != '.')
        dot--;
    if (dot == 0 || dot == filename.len || filename.len - dot > EXTENSION_MAX)
        return (struct str){ NULL, 0 };
    text = arena_cstr(ctx->arena, str_tail(filename, dot));
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9')))
            return (struct str){ NULL, 0 };
    }
    return str_from(text);
}

enum err attachment_new_key(struct ctx *ctx, const struct uuid *workspace, struct str filename, struct str *ret_key)
{
    char workspace_text[UUID_TEXT_BYTES];
    char day[CLOCK_TEXT_BYTES];
    uint8_t random[KEY_RANDOM_BYTES];
    struct str ext = extension(ctx, filename);
    struct buf key;

    uuid_format(workspace, workspace_text);
    clock_format_day(ctx->now_us, day);
    rand_bytes(random, sizeof(random));
    buf_init(&key, STORE_KEY_MAX_BYTES);
    buf_addf(&key, "workspace_%s/%s_", workspace_text, day);
    buf_add_hex(&key, random, sizeof(random));
    if (ext.ptr != NULL) {
        buf_add_byte(&key, '.');
        buf_add(&key, ext);
    }
    *ret_key = arena_str(ctx->arena, buf_str(&key));
    buf_release(&key);
    return arena_check(ctx->arena);
}
