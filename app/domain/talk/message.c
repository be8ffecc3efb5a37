#include "parley/domain/talk/message.h"

#include <assert.h>

#include "message_author.h"
#include "message_load.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"

/* ---- lists ---- */

/* Messages in the order in which they are wanted: ascending seq. */
struct loading {
    struct message_rows rows;
    int64_t last_seq, message_count; /* of the chat, as the rows say */
    int64_t people_version;          /* of all names, likewise; 0: they did not say */
};

/* A row of messages_before or messages_after, whose columns are the same. */
static enum err span_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct loading *loading = arg;

    loading->last_seq = db_row_int(row, MESSAGES_BEFORE_CHAT_LAST_SEQ);
    loading->message_count = db_row_int(row, MESSAGES_BEFORE_CHAT_MESSAGE_COUNT);
    loading->people_version = db_row_int(row, MESSAGES_BEFORE_PEOPLE_VERSION);
    return message_rows_add(ctx, row, &loading->rows);
}

static enum err loading_begin(struct ctx *ctx, const struct chat_ref *chat, int64_t room_count,
                              struct loading *ret_loading)
{
    *ret_loading = (struct loading){ .last_seq = chat->last_seq, .message_count = chat->message_count };
    return message_rows_begin(ctx, chat, room_count, &ret_loading->rows);
}

static void reverse(struct message *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct message kept = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = kept;
    }
}

/*
 * Pages are read from a span of seqs a few times as long, which all databases find by the index's two ends; only where
 * erasing has left it too empty is the rest of the chat asked, too.
 */
enum { SPAN_PER_MESSAGE = 4 };

/* Behind a statement that gave no row: versions only go up, so what holds now held then. */
static enum err guess_prove(struct ctx *ctx, const struct chat_ref *chat)
{
    int64_t id;
    enum err e = db_number(
        ctx, SQL_CHAT_PROOF,
        DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(chat->version), DB_INT(chat->seen_workspace)),
        &id);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_CHAT_NOT_FOUND) : e;
}

/* messages_before or messages_after between its two bounds. */
static enum err read_span(struct ctx *ctx, enum sql statement, int64_t from_seq, int64_t to_seq,
                          struct loading *loading)
{
    const struct chat_ref *chat = loading->rows.chat;

    loading->rows.count = 0;
    TRY(db_each(ctx, statement,
                DB_ARGS(DB_INT(from_seq), DB_INT(to_seq), DB_INT(chat->id), DB_INT(chat->workspace_id),
                        DB_INT_OR_NULL(chat->seen_workspace != 0 ? chat->version : 0),
                        DB_INT_OR_NULL(chat->seen_workspace), DB_INT((int64_t)loading->rows.room_count)),
                span_add, loading));
    return loading->rows.count > 0 || chat->seen_workspace == 0 ? ERR_OK : guess_prove(ctx, chat);
}

/* At most `limit` messages below before_seq, ascending. */
static enum err load_before(struct ctx *ctx, const struct chat_ref *chat, int64_t before_seq, int64_t limit,
                            struct loading *ret_loading)
{
    int64_t top = before_seq < chat->last_seq + 1 ? before_seq : chat->last_seq + 1;
    int64_t from_seq = top - SPAN_PER_MESSAGE * limit;

    TRY(loading_begin(ctx, chat, limit, ret_loading));
    TRY(read_span(ctx, SQL_MESSAGES_BEFORE, from_seq, before_seq, ret_loading));
    if (ret_loading->rows.count < ret_loading->rows.room_count && from_seq > 1)
        TRY(read_span(ctx, SQL_MESSAGES_BEFORE, 0, before_seq, ret_loading));
    reverse(ret_loading->rows.items, ret_loading->rows.count);
    return ERR_OK;
}

static enum err load_after(struct ctx *ctx, const struct chat_ref *chat, int64_t after_seq, int64_t limit,
                           struct loading *ret_loading)
{
    int64_t to_seq = after_seq < INT64_MAX - SPAN_PER_MESSAGE * limit ? after_seq + SPAN_PER_MESSAGE * limit
                                                                      : INT64_MAX;

    TRY(loading_begin(ctx, chat, limit, ret_loading));
    TRY(read_span(ctx, SQL_MESSAGES_AFTER, after_seq, to_seq, ret_loading));
    if (ret_loading->rows.count < ret_loading->rows.room_count && to_seq < ret_loading->last_seq)
        TRY(read_span(ctx, SQL_MESSAGES_AFTER, after_seq, INT64_MAX, ret_loading));
    return ERR_OK;
}

/* ---- pages ---- */

static enum err page_finish(struct ctx *ctx, const struct loading *loading, struct message_page *ret_page)
{
    TRY(messages_sign(ctx, loading->rows.items, loading->rows.count, loading->people_version));
    TRY(message_parts_load(ctx, loading->rows.chat, loading->rows.items, loading->rows.count));
    ret_page->messages = (struct list){ loading->rows.items, loading->rows.count };
    ret_page->total = loading->message_count;
    return ERR_OK;
}

/* A page that was read downwards with one row more than asked for. */
static enum err range_before(struct ctx *ctx, const struct chat_ref *chat, int64_t before_seq, int64_t limit,
                             struct message_page *ret_page)
{
    struct message_page page = { .total = 0 };
    struct loading loading = { .rows.chat = chat };

    TRY(load_before(ctx, chat, before_seq, limit + 1, &loading));
    page.has_newer = before_seq <= loading.last_seq;
    if (loading.rows.count > (size_t)limit) {
        page.has_older = true;
        loading.rows.items++;
        loading.rows.count--;
    }
    TRY(page_finish(ctx, &loading, &page));
    *ret_page = page;
    return ERR_OK;
}

static enum err range_after(struct ctx *ctx, const struct chat_ref *chat, int64_t after_seq, int64_t limit,
                            struct message_page *ret_page)
{
    struct message_page page = { .has_older = after_seq >= 1 };
    struct loading loading = { .rows.chat = chat };

    TRY(load_after(ctx, chat, after_seq, limit + 1, &loading));
    if (loading.rows.count > (size_t)limit) {
        page.has_newer = true;
        loading.rows.count--;
    }
    TRY(page_finish(ctx, &loading, &page));
    *ret_page = page;
    return ERR_OK;
}

/* The message itself and what is before it make the larger half. */
static enum err range_around(struct ctx *ctx, const struct chat_ref *chat, int64_t seq, int64_t limit,
                             struct message_page *ret_page)
{
    int64_t newer_count = limit / 2;
    int64_t older_count = limit - newer_count;
    struct message_page page = { .total = 0 };
    struct loading older = { .rows.chat = chat }, newer = { .rows.chat = chat }, both = { .rows.chat = chat };

    TRY(load_before(ctx, chat, seq < INT64_MAX ? seq + 1 : seq, older_count + 1, &older));
    TRY(load_after(ctx, chat, seq, newer_count + 1, &newer));
    TRY(loading_begin(ctx, chat, limit, &both));
    assert(older.rows.items != NULL && newer.rows.items != NULL && both.rows.items != NULL);
    page.has_older = older.rows.count > (size_t)older_count;
    page.has_newer = newer.rows.count > (size_t)newer_count;
    for (size_t i = page.has_older ? 1 : 0; i < older.rows.count; i++)
        both.rows.items[both.rows.count++] = older.rows.items[i];
    for (size_t i = 0; i < newer.rows.count - (page.has_newer ? 1 : 0); i++)
        both.rows.items[both.rows.count++] = newer.rows.items[i];
    both.message_count = newer.message_count;
    both.people_version = older.people_version == newer.people_version ? newer.people_version : 0;
    TRY(page_finish(ctx, &both, &page));
    *ret_page = page;
    return ERR_OK;
}

enum err message_range_read(struct ctx *ctx, const struct chat_ref *chat, const struct message_range *range,
                            struct message_page *ret_page)
{
    switch (range->anchor) {
    case MESSAGES_NEWEST: return range_before(ctx, chat, INT64_MAX, range->limit, ret_page);
    case MESSAGES_BEFORE: return range_before(ctx, chat, range->seq, range->limit, ret_page);
    case MESSAGES_AFTER: return range_after(ctx, chat, range->seq, range->limit, ret_page);
    case MESSAGES_AROUND: return range_around(ctx, chat, range->seq, range->limit, ret_page);
    }
    return fail(ctx, ERR_INTERNAL);
}

/*
 * The first page is the newest messages, however many there are. Without holes another one's seqs can be reckoned; with holes
 * the database must count the rows before it. Both from what is so now, so not from a guess.
 */
static enum err load_page(struct ctx *ctx, const struct chat_ref *chat, int64_t skip_count, int64_t size,
                          struct loading *ret_loading)
{
    if (skip_count == 0)
        return load_before(ctx, chat, INT64_MAX, size, ret_loading);
    if (chat->message_count == chat->last_seq)
        return load_before(ctx, chat, chat->last_seq - skip_count + 1, size, ret_loading);
    TRY(loading_begin(ctx, chat, size, ret_loading));
    TRY(db_each(ctx, SQL_MESSAGES_AT_OFFSET,
                DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(size), DB_INT(skip_count)),
                message_rows_add, &ret_loading->rows));
    reverse(ret_loading->rows.items, ret_loading->rows.count);
    return ERR_OK;
}

enum err message_page_read(struct ctx *ctx, const struct chat_ref *chat, int64_t number, int64_t size,
                           struct message_page *ret_page)
{
    struct message_page page = { .has_newer = number > 1 };
    struct loading loading = { .rows.chat = chat, .message_count = chat->message_count };
    int64_t skip_count;

    if (number > 1 && chat->seen_workspace != 0)
        return fail(ctx, ERR_CHAT_NOT_FOUND); /* the gate reads afresh */
    if (number - 1 <= chat->message_count / size) {
        skip_count = (number - 1) * size;
        TRY(load_page(ctx, chat, skip_count, size, &loading));
        page.has_older = skip_count + size < loading.message_count;
    }
    TRY(page_finish(ctx, &loading, &page));
    *ret_page = page;
    return ERR_OK;
}

/* ---- one ---- */

struct single {
    const struct chat_ref *chat;
    struct message message;
};

static enum err single_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct single *single = arg;
    struct message_author author;

    TRY(message_read(ctx, row, single->chat, &single->message));
    message_sign(&single->message, message_author_read(ctx, row, MESSAGE_GET_AUTHOR, &author) ? &author : NULL);
    return arena_check(ctx->arena);
}

enum err message_get(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                     struct message *ret_message)
{
    struct single single = { .chat = chat };
    enum err e = db_one(ctx, SQL_MESSAGE_GET, DB_ARGS(DB_UUID(message), DB_INT(chat->id), DB_INT(chat->workspace_id)),
                        single_read, &single);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && single.message.deleted_us != 0))
        return fail(ctx, ERR_MESSAGE_NOT_FOUND);
    TRY(e);
    TRY(message_parts_load(ctx, chat, &single.message, 1));
    *ret_message = single.message;
    return ERR_OK;
}

/* ---- with the right to it ---- */

static enum err readable_chat(struct ctx *ctx, const struct message_location *location, struct chat_ref *ret_chat)
{
    return chat_require(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ, ret_chat);
}

enum err message_find(struct ctx *ctx, const struct message_location *location, const struct uuid *message,
                      struct message *ret_message)
{
    struct chat_ref chat;

    TRY(readable_chat(ctx, location, &chat));
    return message_get(ctx, &chat, message, ret_message);
}

/* The statements of a page, on one connection. */
struct page_reading {
    const struct chat_ref *chat;
    const struct message_range *range; /* NULL: by number */
    int64_t number, size;
    struct message_page page;
};

static enum err page_load(struct ctx *ctx, void *arg)
{
    struct page_reading *reading = arg;

    if (reading->range != NULL)
        return message_range_read(ctx, reading->chat, reading->range, &reading->page);
    return message_page_read(ctx, reading->chat, reading->number, reading->size, &reading->page);
}

enum err message_range_find(struct ctx *ctx, const struct message_location *location, const struct message_range *range,
                            struct message_page *ret_page)
{
    struct chat_ref chat;
    struct page_reading reading = { .chat = &chat, .range = range };

    TRY(readable_chat(ctx, location, &chat));
    TRY(db_read(ctx, page_load, &reading));
    *ret_page = reading.page;
    return ERR_OK;
}

enum err message_page_find(struct ctx *ctx, const struct message_location *location, int64_t number, int64_t size,
                           struct message_page *ret_page)
{
    struct chat_ref chat;
    struct page_reading reading = { .chat = &chat, .number = number, .size = size };

    TRY(readable_chat(ctx, location, &chat));
    TRY(db_read(ctx, page_load, &reading));
    *ret_page = reading.page;
    return ERR_OK;
}

/* ---- threads ---- */

static enum err thread_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message_thread *thread = arg;

    (void)ctx;
    thread->id = db_row_int(row, MESSAGE_THREAD_ID);
    thread->root_id = db_row_int(row, MESSAGE_THREAD_ROOT_ID);
    return ERR_OK;
}

enum err message_thread_find(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                             struct message_thread *ret_thread)
{
    return db_one(ctx, SQL_MESSAGE_THREAD, DB_ARGS(DB_UUID(message), DB_INT(chat->id), DB_INT(chat->workspace_id)),
                  thread_read, ret_thread);
}

enum err message_thread_get(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *message,
                            struct message_thread *ret_thread)
{
    enum err e = message_thread_find(ctx, chat, message, ret_thread);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_MESSAGE_NOT_FOUND) : e;
}

enum err message_reply_list(struct ctx *ctx, const struct message_location *location, const struct reply_range *range,
                            struct list *ret_list)
{
    struct message_thread thread;
    struct chat_ref chat;

    TRY(readable_chat(ctx, location, &chat));
    TRY(message_thread_get(ctx, &chat, &range->message, &thread));
    return messages_load(ctx, &chat,
                         &(struct messages_query){ .statement = SQL_REPLY_LIST,
                                                   .args = DB_ARGS(DB_INT(thread.root_id), DB_INT(chat.workspace_id),
                                                                   DB_INT(range->after_seq), DB_INT(range->limit)),
                                                   .limit = range->limit },
                         ret_list);
}
