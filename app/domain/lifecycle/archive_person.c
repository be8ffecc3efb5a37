/* The archive of what a person has on this server. */
#include "archive_private.h"
#include "parley/domain/people/preferences.h"

/* ---- the account ---- */

static enum err workspaces_write(struct ctx *ctx, struct archive *archive)
{
    const struct workspace_list_opts opts = { .user_id = archive->id, .limit = WORKSPACES_PER_USER_MAX + 1 };
    const struct workspace *items;
    struct list list;

    TRY(workspace_list(ctx, &opts, &list));
    items = list.items;
    json_out_key(&archive->out, "workspaces");
    json_out_array(&archive->out);
    for (size_t i = 0; i < list.count; i++)
        archive->encoder->workspace(&archive->out, &items[i]);
    json_out_array_end(&archive->out);
    return ERR_OK;
}

static enum err sessions_write(struct ctx *ctx, struct archive *archive)
{
    const struct session *items;
    struct list list;

    TRY(session_list(ctx, archive->id, &list));
    items = list.items;
    json_out_key(&archive->out, "sessions");
    json_out_array(&archive->out);
    for (size_t i = 0; i < list.count; i++)
        archive->encoder->session(&archive->out, &items[i]);
    json_out_array_end(&archive->out);
    return ERR_OK;
}

static enum err account_write(struct ctx *ctx, struct archive *archive)
{
    struct preferences preferences;
    struct user user;

    TRY(user_get(ctx, archive->id, &user));
    TRY(preferences_get(ctx, archive->id, &preferences));
    json_out_object(&archive->out);
    json_out_kv_time(&archive->out, "exported_at", ctx->now_us);
    json_out_key(&archive->out, "user");
    archive->encoder->user(&archive->out, &user);
    json_out_key(&archive->out, "preferences");
    json_out_raw(&archive->out, preferences.text);
    TRY(workspaces_write(ctx, archive));
    TRY(sessions_write(ctx, archive));
    json_out_object_end(&archive->out);
    archive->row_count = 1;
    return ERR_OK;
}

/* ---- rows as lines ---- */

static enum err state_write(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct archive *archive = arg;
    struct json_out *out = &archive->out;
    const struct uuid chat = db_row_uuid(row, EXPORT_CHAT_STATES_CHAT_UUID);
    const struct uuid workspace = db_row_uuid(row, EXPORT_CHAT_STATES_WORKSPACE_UUID);

    (void)ctx;
    if (archive->is_full)
        return ERR_OK;
    archive->cursor.a = db_row_int(row, EXPORT_CHAT_STATES_WORKSPACE_ID);
    archive->cursor.b = db_row_int(row, EXPORT_CHAT_STATES_CHAT_ID);
    json_out_object(out);
    json_out_kv_uuid(out, "workspace_id", &workspace);
    json_out_kv_uuid(out, "chat_id", &chat);
    json_out_kv_int(out, "last_read_seq", db_row_int(row, EXPORT_CHAT_STATES_READ_SEQ));
    json_out_kv_int(out, "notify", db_row_int(row, EXPORT_CHAT_STATES_NOTIFY));
    json_out_kv_bool(out, "starred", db_row_int(row, EXPORT_CHAT_STATES_STARRED) != 0);
    json_out_kv_str(out, "draft", db_row_str(row, EXPORT_CHAT_STATES_DRAFT));
    json_out_kv_time(out, "changed_at", db_row_int(row, EXPORT_CHAT_STATES_CHANGED_US));
    json_out_object_end(out);
    archive->is_full = archive_line_end(archive);
    return ERR_OK;
}

static enum err states_write(struct ctx *ctx, struct archive *archive)
{
    const struct db_value a = DB_INT(archive->cursor.a);

    return db_each(ctx, SQL_EXPORT_CHAT_STATES,
                   DB_ARGS(DB_INT(archive->id), a, a, DB_INT(archive->cursor.b), DB_INT(EXPORT_MESSAGES)), state_write,
                   archive);
}

static enum err reaction_write(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct archive *archive = arg;
    struct json_out *out = &archive->out;
    struct str emoji = db_row_str(row, EXPORT_REACTIONS_EMOJI);
    const struct uuid message = db_row_uuid(row, EXPORT_REACTIONS_MESSAGE_UUID);
    const struct uuid chat = db_row_uuid(row, EXPORT_REACTIONS_CHAT_UUID);

    if (archive->is_full)
        return ERR_OK;
    if (emoji.len > EMOJI_MAX_BYTES)
        return fail(ctx, ERR_INTERNAL);
    archive->cursor.a = db_row_int(row, EXPORT_REACTIONS_MESSAGE_ID);
    memcpy(archive->cursor.text, emoji.ptr, emoji.len);
    archive->cursor.text[emoji.len] = '\0';
    json_out_object(out);
    json_out_kv_uuid(out, "chat_id", &chat);
    json_out_kv_uuid(out, "message_id", &message);
    json_out_kv_str(out, "emoji", emoji);
    json_out_kv_time(out, "created_at", db_row_int(row, EXPORT_REACTIONS_CREATED_US));
    json_out_object_end(out);
    archive->is_full = archive_line_end(archive);
    return ERR_OK;
}

static enum err reactions_write(struct ctx *ctx, struct archive *archive)
{
    const struct db_value a = DB_INT(archive->cursor.a);
    char emoji[sizeof(archive->cursor.text)];

    memcpy(emoji, archive->cursor.text, sizeof(emoji));
    return db_each(ctx, SQL_EXPORT_REACTIONS,
                   DB_ARGS(DB_INT(archive->id), a, a, DB_TEXT(str_from(emoji)), DB_INT(EXPORT_MESSAGES)),
                   reaction_write, archive);
}

static enum err version_write(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct archive *archive = arg;
    struct json_out *out = &archive->out;
    const struct uuid message = db_row_uuid(row, EXPORT_VERSIONS_MESSAGE_UUID);

    (void)ctx;
    if (archive->is_full)
        return ERR_OK;
    archive->cursor.a = db_row_int(row, EXPORT_VERSIONS_MESSAGE_ID);
    archive->cursor.b = db_row_int(row, EXPORT_VERSIONS_VERSION);
    json_out_object(out);
    json_out_kv_uuid(out, "message_id", &message);
    json_out_kv_int(out, "version", db_row_int(row, EXPORT_VERSIONS_VERSION));
    json_out_kv_str(out, "content", db_row_str(row, EXPORT_VERSIONS_CONTENT));
    json_out_kv_time(out, "created_at", db_row_int(row, EXPORT_VERSIONS_CREATED_US));
    json_out_object_end(out);
    archive->is_full = archive_line_end(archive);
    return ERR_OK;
}

static enum err versions_write(struct ctx *ctx, struct archive *archive)
{
    const struct db_value a = DB_INT(archive->cursor.a);

    return db_each(ctx, SQL_EXPORT_VERSIONS,
                   DB_ARGS(DB_INT(archive->id), a, a, DB_INT(archive->cursor.b), DB_INT(EXPORT_MESSAGES)),
                   version_write, archive);
}

static enum err messages_write(struct ctx *ctx, struct archive *archive)
{
    struct list messages;

    TRY(message_walk_person(ctx, archive->id, &archive->cursor.a, &messages));
    archive_messages_write(archive, &messages);
    return archive_files_take(ctx, archive, &messages);
}

/* ---- one after the other ---- */

static const struct section {
    const char *name;
    enum err (*write)(struct ctx *ctx, struct archive *archive); /* the next lines; no row: the section is over */
    bool is_one;                                                 /* one entry, of JSON */
} sections[] = {
    { "account", account_write, true },      { "chat_states", states_write, false },
    { "reactions", reactions_write, false }, { "versions", versions_write, false },
    { "messages", messages_write, false },
};

static void section_next(struct archive *archive)
{
    archive->section++;
    archive->part = 1;
    archive->cursor = (struct archive_cursor){ .a = 0 };
}

static enum err person_make(struct ctx *ctx, struct archive *archive, enum archive_made *ret_made)
{
    const struct section *section = &sections[archive->section];

    *ret_made = ARCHIVE_END;
    if (archive->section == (int)COUNT_OF(sections))
        return ERR_OK;
    archive_json_begin(archive);
    TRY(section->write(ctx, archive));
    *ret_made = archive->row_count > 0 ? ARCHIVE_ENTRY : ARCHIVE_NOTHING;
    if (section->is_one)
        (void)snprintf(archive->name, sizeof(archive->name), "%s.json", section->name);
    else
        (void)snprintf(archive->name, sizeof(archive->name), "%s-%lld.jsonl", section->name,
                       (long long)archive->part++);
    if (archive->row_count == 0 || section->is_one)
        section_next(archive);
    return ERR_OK;
}

enum err archive_of_person(struct ctx *ctx, int64_t user_id, const struct archive_encoder *encoder,
                           struct archive **ret_archive)
{
    struct archive *archive = NULL;

    if (archive_new(encoder, &archive) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    archive->make = person_make;
    archive->id = user_id;
    *ret_archive = archive;
    return ERR_OK;
}
