/* The archive of what a workspace holds. */
#include "archive_private.h"
#include "parley/domain/talk/chat_batch.h"

enum section { SECTION_WORKSPACE, SECTION_MEMBERS, SECTION_CHATS };

/* ---- the workspace ---- */

static enum err workspace_write(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct archive *archive = arg;
    struct json_out *out = &archive->out;
    int64_t days = db_row_int(row, EXPORT_WORKSPACE_RETENTION_DAYS);

    archive->id = db_row_int(row, EXPORT_WORKSPACE_ID);
    json_out_object(out);
    json_out_kv_time(out, "exported_at", ctx->now_us);
    json_out_kv_uuid(out, "id", &archive->workspace);
    json_out_kv_str(out, "name", db_row_str(row, EXPORT_WORKSPACE_NAME));
    json_out_kv_bool(out, "personal", db_row_int(row, EXPORT_WORKSPACE_PERSONAL) != 0);
    json_out_kv_bool(out, "require_2fa", db_row_int(row, EXPORT_WORKSPACE_REQUIRE_2FA) != 0);
    if (days > 0)
        json_out_kv_int(out, "retention_days", days);
    else
        json_out_kv_null(out, "retention_days");
    json_out_kv_bool(out, "direct_chats", archive->kind_max >= CHAT_KIND_DIRECT);
    json_out_kv_time(out, "created_at", db_row_int(row, EXPORT_WORKSPACE_CREATED_US));
    json_out_object_end(out);
    return ERR_OK;
}

static enum err workspace_read(struct ctx *ctx, struct archive *archive)
{
    enum err e;

    archive_json_begin(archive);
    e = db_one(ctx, SQL_EXPORT_WORKSPACE, DB_ARGS(DB_UUID(&archive->workspace)), workspace_write, archive);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
}

/* ---- members ---- */

static enum err members_write(struct ctx *ctx, struct archive *archive)
{
    const struct membership everything = { .workspace_id = archive->id,
                                           .workspace = archive->workspace,
                                           .role = MEMBER_ROLE_OWNER };
    struct member_range range = { .limit = PAGE_MAX };
    struct list list;

    archive_json_begin(archive);
    do {
        const struct member *items;

        TRY(member_list(ctx, &everything, &range, &list));
        items = list.items;
        for (size_t i = 0; i < list.count; i++) {
            archive->encoder->member(&archive->out, &items[i]);
            (void)archive_line_end(archive);
            range.after_id = items[i].id;
        }
    } while (list.count == PAGE_MAX);
    return ERR_OK;
}

/* ---- chats ---- */

static enum err chat_take(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct archive *archive = arg;
    char id[UUID_TEXT_BYTES];

    (void)ctx;
    archive->chat = (struct chat_ref){ .id = db_row_int(row, EXPORT_CHAT_NEXT_ID),
                                       .uuid = db_row_uuid(row, EXPORT_CHAT_NEXT_UUID),
                                       .workspace_id = archive->id,
                                       .last_seq = db_row_int(row, EXPORT_CHAT_NEXT_LAST_SEQ) };
    uuid_format(&archive->chat.uuid, id);
    (void)snprintf(archive->folder, sizeof(archive->folder), "chats/%lld-%s/", (long long)archive->chat.id, id);
    archive->walk = (struct message_walk){ .chat = &archive->chat, .upto_seq = archive->chat.last_seq };
    archive->cursor.a = archive->chat.id;
    return ERR_OK;
}

/* The one behind a key. ERR_NOT_FOUND: there are no more. */
static enum err chat_next(struct ctx *ctx, struct archive *archive, int64_t after_id)
{
    archive->chat.id = 0;
    return db_one(ctx, SQL_EXPORT_CHAT_NEXT, DB_ARGS(DB_INT(archive->id), DB_INT(after_id), DB_INT(archive->kind_max)),
                  chat_take, archive);
}

static enum err chat_begin(struct ctx *ctx, struct archive *archive, enum archive_made *ret_made)
{
    enum err e = chat_next(ctx, archive, archive->cursor.a);
    struct list chats;

    *ret_made = e == ERR_NOT_FOUND ? ARCHIVE_END : ARCHIVE_NOTHING;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    TRY(chat_batch_load(ctx, &archive->chat.id, 1, &chats));
    if (chats.count == 0) { /* gone meanwhile */
        archive->chat.id = 0;
        return ERR_OK;
    }
    archive_json_begin(archive);
    archive->encoder->chat(&archive->out, chats.items);
    (void)snprintf(archive->name, sizeof(archive->name), "%schat.json", archive->folder);
    *ret_made = ARCHIVE_ENTRY;
    return ERR_OK;
}

static enum err messages_make(struct ctx *ctx, struct archive *archive, enum archive_made *ret_made)
{
    const struct message *items;
    struct list messages;

    archive->walk.chat = &archive->chat;
    TRY(message_walk_next(ctx, &archive->walk, &messages));
    *ret_made = ARCHIVE_NOTHING;
    if (messages.count == 0) {
        archive->chat.id = 0;
        return ERR_OK;
    }
    items = messages.items;
    archive_json_begin(archive);
    archive_messages_write(archive, &messages);
    (void)snprintf(archive->name, sizeof(archive->name), "%smessages-%lld-%lld.jsonl", archive->folder,
                   (long long)items[0].seq, (long long)items[messages.count - 1].seq);
    *ret_made = ARCHIVE_ENTRY;
    return archive_files_take(ctx, archive, &messages);
}

/* ---- one after the other ---- */

static enum err workspace_make(struct ctx *ctx, struct archive *archive, enum archive_made *ret_made)
{
    if (archive->section == SECTION_CHATS)
        return archive->chat.id != 0 ? messages_make(ctx, archive, ret_made) : chat_begin(ctx, archive, ret_made);
    *ret_made = ARCHIVE_ENTRY;
    (void)snprintf(archive->name, sizeof(archive->name), "%s",
                   archive->section == SECTION_WORKSPACE ? "workspace.json" : "members.jsonl");
    TRY(archive->section == SECTION_WORKSPACE ? workspace_read(ctx, archive) : members_write(ctx, archive));
    archive->section++;
    return ERR_OK;
}

enum err archive_of_workspace(struct ctx *ctx, const struct archive_workspace_opts *opts,
                              const struct archive_encoder *encoder, struct archive **ret_archive)
{
    struct archive *archive = NULL;
    enum err e;

    if (archive_new(encoder, &archive) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    archive->make = workspace_make;
    archive->workspace = opts->workspace;
    archive->kind_max = opts->with_direct ? CHAT_KIND_DIRECT : CHAT_KIND_CHAT;
    e = workspace_read(ctx, archive); /* its key; the entry is made anew */
    if (e == ERR_OK)
        *ret_archive = archive;
    else
        archive_free(archive);
    return e;
}

/* ---- going on ---- */

/* The files behind an entry of messages once more, without those that are there. */
static enum err files_again(struct ctx *ctx, struct archive *archive, int64_t from_seq, int64_t to_seq,
                            const struct uuid *file)
{
    static const struct uuid none;
    struct message_walk walk = { .chat = &archive->chat, .after_seq = from_seq - 1, .upto_seq = to_seq };
    const struct attachment *files;
    struct list messages;

    TRY(message_walk_next(ctx, &walk, &messages));
    TRY(archive_files_take(ctx, archive, &messages));
    files = archive->files.items;
    for (size_t i = 0; i < archive->files.count && !uuid_eq(file, &none); i++)
        if (uuid_eq(&files[i].uuid, file))
            archive->file_at = i + 1;
    return ERR_OK;
}

/* "messages-FROM-TO.jsonl", or "chat.json": both 0. */
static enum err part_parse(struct str name, int64_t *ret_from_seq, int64_t *ret_to_seq)
{
    struct str from;

    *ret_from_seq = *ret_to_seq = 0;
    if (str_eq_c(name, "chat.json"))
        return ERR_OK;
    if (!str_starts_with(name, STR("messages-")) || !str_ends_with(name, STR(".jsonl")))
        return ERR_INVALID;
    name = str_head(str_tail(name, strlen("messages-")), name.len - strlen("messages-") - strlen(".jsonl"));
    if (!str_split(&name, '-', &from))
        return ERR_INVALID;
    TRY(str_to_int64(from, ret_from_seq));
    return str_to_int64(name, ret_to_seq);
}

/* "chats/N-ID/…": the chat's key, and what stands behind the second slash. */
static enum err chat_parse(struct str entry, int64_t *ret_id, struct str *ret_name)
{
    struct str folder, number;

    if (!str_starts_with(entry, STR("chats/")))
        return ERR_INVALID;
    entry = str_tail(entry, strlen("chats/"));
    if (!str_split(&entry, '/', &folder) || !str_split(&folder, '-', &number))
        return ERR_INVALID;
    *ret_name = entry;
    return str_to_int64(number, ret_id);
}

/* A chat that has gone meanwhile is over; what of it is in the archive stays. */
enum err archive_go_on(struct ctx *ctx, struct archive *archive, struct str entry, const struct uuid *file)
{
    int64_t chat_id = 0, from_seq = 0, to_seq = 0;
    struct str name;
    enum err e;

    if (entry.ptr == NULL)
        return ERR_OK;
    archive->section = str_eq_c(entry, "workspace.json") ? SECTION_MEMBERS : SECTION_CHATS;
    if (archive->section == SECTION_MEMBERS || str_eq_c(entry, "members.jsonl"))
        return ERR_OK;
    if (chat_parse(entry, &chat_id, &name) != ERR_OK || part_parse(name, &from_seq, &to_seq) != ERR_OK)
        return fail(ctx, ERR_INVALID);
    e = chat_next(ctx, archive, chat_id - 1);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && archive->chat.id != chat_id)) {
        archive->chat.id = 0;
        archive->cursor.a = chat_id;
        return ERR_OK;
    }
    TRY(e);
    archive->walk.after_seq = to_seq;
    return to_seq == 0 ? ERR_OK : files_again(ctx, archive, from_seq, to_seq, file);
}
