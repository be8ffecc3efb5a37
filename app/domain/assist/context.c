#include "context.h"

#include "parley/ai/estimate.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/people/display_name.h"
#include "parley/objects/store.h"

/* A message that is shown. */
struct shown {
    int64_t id, sender_user_id;
    bool is_answer;
    struct str name, content;
    int64_t attachment_count;
};

struct reading {
    const struct context_opts *opts;
    struct list newest_first; /* struct shown */
    int64_t tokens;
};

/* What stands around a message: its role, its name. */
enum { AROUND_TOKENS = 8 };

/* ---- messages ---- */

static int64_t tokens_of(const struct context_opts *opts, struct str text)
{
    return estimate_tokens((int64_t)text.len, opts->bytes_per_token_milli) + AROUND_TOKENS;
}

/* Ends the reading with ERR_LIMIT behind the last that fits; the newest one always does. */
static enum err shown_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct reading *reading = arg;
    struct str content = db_row_str(row, CONTEXT_CONTENT);
    int64_t tokens = tokens_of(reading->opts, content);
    struct message_author author;
    struct shown *shown;
    bool has_author;

    if (reading->newest_first.count > 0 && reading->tokens + tokens > reading->opts->tokens_max)
        return ERR_LIMIT;
    shown = list_add(ctx->arena, &reading->newest_first, sizeof(*shown));
    if (shown == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    has_author = message_author_read(ctx, row, CONTEXT_MESSAGES_AUTHOR, &author);
    *shown = (struct shown){
        .id = db_row_int(row, CONTEXT_ID),
        .sender_user_id = db_row_int(row, CONTEXT_SENDER_ID),
        .is_answer = db_row_int(row, CONTEXT_IS_AI_RESPONSE) != 0,
        .name = author_sender(has_author ? &author : NULL, false,
                              arena_str(ctx->arena, db_row_str(row, CONTEXT_SENDER_NAME)))
                    .name,
        .content = arena_str(ctx->arena, content),
        .attachment_count = db_row_int(row, CONTEXT_ATTACHMENT_COUNT),
    };
    reading->tokens += tokens;
    return arena_check(ctx->arena);
}

static enum err messages_read(struct ctx *ctx, struct reading *reading)
{
    const struct context_opts *opts = reading->opts;
    const struct db_value root = DB_INT(opts->root_id), workspace = DB_INT(opts->workspace_id),
                          before = DB_INT(opts->before_seq), limit = DB_INT(CONTEXT_MESSAGES_MAX);
    enum err e;

    if (opts->root_id != 0)
        e = db_each(ctx, SQL_CONTEXT_THREAD, DB_ARGS(root, root, workspace, before, limit), shown_add, reading);
    else
        e = db_each(ctx, SQL_CONTEXT_MESSAGES, DB_ARGS(DB_INT(opts->chat_id), workspace, before, limit), shown_add,
                    reading);
    return e == ERR_LIMIT ? ERR_OK : e;
}

/* ---- files ---- */

static enum err file_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct attachment *attachment = list_add(ctx->arena, arg, sizeof(*attachment));

    return attachment == NULL ? fail(ctx, ERR_NO_MEMORY) : attachment_read(ctx, row, attachment);
}

static enum err bytes_take(void *arg, const void *bytes, size_t len)
{
    buf_add_bytes(arg, bytes, len);
    return buf_check(arg);
}

static bool is_text(const struct attachment *file)
{
    static const char *const types[] = { "application/json", "application/xml", "application/yaml",
                                         "application/toml", "application/sql", "application/javascript" };

    if (str_starts_with(file->content_type, STR("text/")))
        return true;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq_c(file->content_type, types[i]))
            return true;
    return false;
}

/* Its text; absent: it is none, too long, or gone. */
static enum err file_text(struct ctx *ctx, struct reading *reading, const struct attachment *file, struct str *ret_text)
{
    struct buf bytes;
    enum err e;

    if (!is_text(file) || file->size_bytes > CONTEXT_FILE_MAX_BYTES ||
        reading->tokens + file->size_bytes * 1000 / reading->opts->bytes_per_token_milli > reading->opts->tokens_max)
        return ERR_OK;
    buf_init(&bytes, CONTEXT_FILE_MAX_BYTES);
    e = store_get(ctx->app->store, ctx->arena, file->object_key, 0, -1, bytes_take, &bytes);
    if (e == ERR_OK && str_is_utf8(buf_str(&bytes)))
        *ret_text = arena_str(ctx->arena, buf_str(&bytes));
    buf_release(&bytes);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Behind what is said: each file by its name, and what stands in it. */
static enum err files_show(struct ctx *ctx, struct reading *reading, struct shown *shown)
{
    struct list files = { NULL, 0 };

    TRY(db_each(ctx, SQL_ATTACHMENTS_OF_MESSAGE, DB_ARGS(DB_INT(shown->id), DB_INT(reading->opts->workspace_id)),
                file_add, &files));
    for (size_t i = 0; i < files.count; i++) {
        const struct attachment *file = (const struct attachment *)files.items + i;
        struct str text = { NULL, 0 };

        TRY(file_text(ctx, reading, file, &text));
        shown->content = str_from(arena_printf(ctx->arena, "%.*s%s[File: %.*s]%s%.*s", STR_FMT(shown->content),
                                               shown->content.len > 0 ? "\n\n" : "", STR_FMT(file->filename),
                                               text.len > 0 ? "\n" : "", (int)text.len, text.len > 0 ? text.ptr : ""));
        TRY(arena_check(ctx->arena));
        reading->tokens += tokens_of(reading->opts, text);
    }
    return ERR_OK;
}

/* ---- all of it ---- */

static bool several_talk(const struct reading *reading)
{
    const struct shown *items = reading->newest_first.items, *first = NULL;

    for (size_t i = 0; i < reading->newest_first.count; i++) {
        if (items[i].is_answer)
            continue;
        if (first == NULL)
            first = &items[i];
        if (items[i].sender_user_id != first->sender_user_id || !str_eq(items[i].name, first->name))
            return true;
    }
    return false;
}

static enum err messages_make(struct ctx *ctx, const struct reading *reading, struct context *ret_context)
{
    size_t count = reading->newest_first.count;
    const struct shown *items = reading->newest_first.items;
    struct ai_message *messages = arena_calloc(ctx->arena, count, sizeof(*messages));
    struct ai_part *parts = arena_calloc(ctx->arena, count, sizeof(*parts));
    bool with_names = several_talk(reading);

    if (messages == NULL || parts == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct shown *shown = &items[count - 1 - i];

        parts[i] = (struct ai_part){ .kind = AI_PART_TEXT, .text = shown->content };
        messages[i] = (struct ai_message){ .role = shown->is_answer ? AI_ASSISTANT : AI_USER,
                                           .parts = &parts[i],
                                           .part_count = 1 };
        if (with_names && !shown->is_answer)
            messages[i].name = shown->name;
    }
    *ret_context = (struct context){ messages, count, reading->tokens };
    return ERR_OK;
}

enum err context_read(struct ctx *ctx, const struct context_opts *opts, struct context *ret_context)
{
    struct reading reading = { .opts = opts, .tokens = opts->system.len > 0 ? tokens_of(opts, opts->system) : 0 };

    TRY(messages_read(ctx, &reading));
    *ret_context = (struct context){ .message_count = 0 };
    if (reading.newest_first.count == 0)
        return ERR_OK;
    for (size_t i = 0; i < reading.newest_first.count; i++) {
        struct shown *shown = (struct shown *)reading.newest_first.items + i;

        if (shown->attachment_count > 0)
            TRY(files_show(ctx, &reading, shown));
    }
    return messages_make(ctx, &reading, ret_context);
}
