#include "parley/domain/record/audit.h"

#include <assert.h>

#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit_chain.h"
#include "parley/domain/record/principal.h"

static const struct audit_action_info actions[] = {
#define AUDIT(id, action_name, level, text) \
    [AUDIT_##id] = { .name = (action_name), .watch = AUDIT_WATCH_##level, .sentence = (text) },
#include "parley/domain/record/audit_actions.def"
#undef AUDIT
};

static const char *const target_kinds[] = {
    [AUDIT_ON_NOTHING] = "",
    [AUDIT_ON_USER] = "user",
    [AUDIT_ON_SESSION] = "session",
    [AUDIT_ON_WORKSPACE] = "workspace",
    [AUDIT_ON_INVITATION] = "invitation",
    [AUDIT_ON_CHAT] = "chat",
    [AUDIT_ON_MESSAGE] = "message",
    [AUDIT_ON_API_KEY] = "api_key",
    [AUDIT_ON_PROVIDER] = "provider",
};
_Static_assert(COUNT_OF(target_kinds) == AUDIT_TARGET_KIND_COUNT_, "each kind has a name");

static const struct uuid nobody;

const struct audit_action_info *audit_action_info(enum audit_action action)
{
    return &actions[action];
}

const char *audit_target_kind_name(enum audit_target_kind kind)
{
    return target_kinds[kind];
}

/* ---- writing ---- */

static void detail_write(struct json_out *out, const struct audit_detail *detail)
{
    json_out_key(out, detail->name);
    switch (detail->kind) {
    case AUDIT_DETAIL_TEXT: json_out_str(out, detail->text); break;
    case AUDIT_DETAIL_INT: json_out_int(out, detail->number); break;
    case AUDIT_DETAIL_UUID: json_out_uuid(out, detail->id); break;
    case AUDIT_DETAIL_JSON: json_out_raw(out, detail->text); break;
    }
}

/* As a JSON object, in the arena. */
static enum err details_text(struct ctx *ctx, const struct audit_details *details, struct str *ret_text)
{
    struct json_out out;
    struct buf text;
    enum err e;

    if (details->count == 0) {
        *ret_text = STR("{}");
        return ERR_OK;
    }
    buf_init(&text, AUDIT_DETAILS_MAX_BYTES);
    json_out_init(&out, &text);
    json_out_object(&out);
    for (size_t i = 0; i < details->count; i++)
        detail_write(&out, &details->items[i]);
    json_out_object_end(&out);
    *ret_text = arena_str(ctx->arena, buf_str(&text));
    e = buf_check(&text);
    buf_release(&text);
    return e == ERR_OK && ret_text->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

/* Who, as the row says it. */
struct who {
    struct uuid user;
    int64_t key_id;
    struct audit_personal personal;
};

static struct who who_of(const struct ctx *ctx, const struct audit_entry *entry)
{
    const struct principal *actor = ctx->actor;
    struct who who = { .user = entry->actor.user };

    if (actor == NULL || actor->kind != USER_KIND_ANONYMOUS)
        who.personal.ip = str_head(ctx->ip, CLIENT_ADDRESS_MAX_BYTES);
    if (!uuid_eq(&entry->actor.user, &nobody)) {
        who.personal.name = entry->actor.name;
    } else if (actor != NULL) {
        who.user = actor->user;
        who.key_id = actor->key_id;
        who.personal.name = actor->email[0] != '\0' ? str_from(actor->email) : (struct str){ NULL, 0 };
    }
    return who;
}

/* An id that may be missing. */
static struct db_value uuid_value(const struct uuid *id)
{
    return uuid_eq(id, &nobody) ? DB_NULL : DB_UUID(id);
}

static struct db_value text_value(const char *text)
{
    return text[0] == '\0' ? DB_NULL : DB_TEXT(str_from(text));
}

static enum err row_insert(struct ctx *ctx, const struct audit_entry *entry, const struct who *who, struct str details)
{
    uint8_t salt[AUDIT_SALT_BYTES];
    struct audit_hash digest;
    struct str salt_bytes = { (const char *)salt, sizeof(salt) };
    struct uuid uuid = uuid_new();

    rand_bytes(salt, sizeof(salt));
    if (audit_personal_digest(salt_bytes, &who->personal, &digest) != ERR_OK)
        return fail(ctx, ERR_NO_MEMORY);
    return db_insert(ctx, SQL_AUDIT_INSERT,
                     DB_ARGS(DB_UUID(&uuid), DB_INT(ctx->now_us),
                             DB_TEXT(str_from(audit_action_info(entry->action)->name)), uuid_value(&who->user),
                             DB_INT_OR_NULL(who->key_id), DB_TEXT(who->personal.name), DB_TEXT(who->personal.ip),
                             DB_BLOB(salt_bytes), DB_BLOB(audit_hash_str(&digest)),
                             text_value(audit_target_kind_name(entry->target_kind)), uuid_value(&entry->target),
                             DB_INT_OR_NULL(entry->target_key_id), text_value(ctx->request_id), DB_TEXT(details)),
                     NULL);
}

/* A security event is remembered for the log. */
static enum err event_add(struct ctx *ctx, const struct audit_entry *entry, const struct who *who)
{
    struct audit_event *event;

    if (audit_action_info(entry->action)->watch == AUDIT_WATCH_NONE)
        return ERR_OK;
    event = arena_alloc(ctx->arena, sizeof(*event));
    if (event == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *event = (struct audit_event){ .action = entry->action,
                                   .actor = who->user,
                                   .target = entry->target,
                                   .ip = who->personal.ip,
                                   .next = ctx->outcome.audited };
    ctx->outcome.audited = event;
    if (ctx->conn == NULL)
        outcome_settle(ctx, OUTCOME_COMMITTED); /* the row was a statement of its own */
    return ERR_OK;
}

enum err audit_add(struct ctx *ctx, const struct audit_entry *entry)
{
    struct who who = who_of(ctx, entry);
    struct str details;

    TRY(details_text(ctx, &entry->details, &details));
    TRY(row_insert(ctx, entry, &who, details));
    return event_add(ctx, entry, &who);
}

void audit_note(struct ctx *ctx, const struct audit_entry *entry)
{
    struct problem *problem = ctx->problem;
    struct problem ignored = { .err = ERR_OK };
    struct who who = who_of(ctx, entry);

    assert(ctx->conn == NULL);
    ctx->problem = &ignored;
    /* The log at least is to know of it. */
    if (audit_add(ctx, entry) != ERR_OK)
        (void)!event_add(ctx, entry, &who);
    ctx->problem = problem;
}

/* ---- erasing ---- */

struct erasure {
    struct uuid user;
    int64_t from_us;
    int64_t end_us; /* the last time of this stretch */
};

/* The time at which a stretch of ERASE_BATCH_ROWS of the statement's rows ends; not after *end_us. */
static enum err stretch_cut(struct ctx *ctx, enum sql statement, struct erasure *erasure)
{
    int64_t end_us = 0;
    enum err e = db_number(ctx, statement,
                           DB_ARGS(DB_UUID(&erasure->user), DB_INT(erasure->from_us), DB_INT(ERASE_BATCH_ROWS - 1)),
                           &end_us);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    if (end_us < erasure->end_us)
        erasure->end_us = end_us;
    return ERR_OK;
}

static enum err stretch_erase(struct ctx *ctx, struct erasure *erasure)
{
    erasure->end_us = INT64_MAX;
    TRY(stretch_cut(ctx, SQL_AUDIT_ERASE_END_OF_ACTOR, erasure));
    TRY(stretch_cut(ctx, SQL_AUDIT_ERASE_END_OF_TARGET, erasure));
    TRY(db_exec(ctx, SQL_AUDIT_ERASE_ACTOR,
                DB_ARGS(DB_UUID(&erasure->user), DB_INT(erasure->from_us), DB_INT(erasure->end_us)), NULL));
    return db_exec(ctx, SQL_AUDIT_ERASE_TARGET,
                   DB_ARGS(DB_UUID(&erasure->user), DB_INT(erasure->from_us), DB_INT(erasure->end_us)), NULL);
}

enum err audit_forget_user(struct ctx *ctx, const struct uuid *user)
{
    const int64_t late_us = AUDIT_ERASE_AGAIN_S * US_PER_S;
    struct erasure erasure = { .user = *user, .from_us = 0 };
    int64_t left_us;

    TRY(stretch_erase(ctx, &erasure));
    left_us = erasure.end_us == INT64_MAX ? 0 : erasure.end_us + 1;
    return db_exec(ctx, SQL_AUDIT_ERASURE_INSERT,
                   DB_ARGS(DB_UUID(user), DB_INT(left_us), DB_INT(ctx->now_us + late_us)), NULL);
}

static enum err read_erasure(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct erasure *erasure = arg;

    (void)ctx;
    erasure->user = db_row_uuid(row, AUDIT_ERASURE_NEXT_USER);
    erasure->from_us = db_row_int(row, AUDIT_ERASURE_NEXT_FROM_US);
    return ERR_OK;
}

static enum err erase_in_transaction(struct ctx *ctx, void *arg)
{
    struct erasure *erasure = arg;

    TRY(stretch_erase(ctx, erasure));
    if (erasure->end_us == INT64_MAX)
        return db_exec(ctx, SQL_AUDIT_ERASURE_DONE, DB_ARGS(DB_UUID(&erasure->user)), NULL);
    return db_exec(ctx, SQL_AUDIT_ERASURE_MOVE, DB_ARGS(DB_INT(erasure->end_us + 1), DB_UUID(&erasure->user)), NULL);
}

enum err audit_erase_step(struct ctx *ctx, int64_t *ret_count)
{
    struct erasure erasure;
    enum err e = db_one(ctx, SQL_AUDIT_ERASURE_NEXT, DB_ARGS(DB_INT(ctx->now_us)), read_erasure, &erasure);

    if (e == ERR_NOT_FOUND) {
        *ret_count = 0;
        return ERR_OK;
    }
    TRY(e);
    TRY(db_run(ctx, erase_in_transaction, &erasure));
    *ret_count = 1;
    return ERR_OK;
}
