#include "parley/domain/assist/prompt.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/workspace_row.h"

/* ---- reading ---- */

static enum err prompt_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct prompt *prompt = list_add(ctx->arena, arg, sizeof(*prompt));

    if (prompt == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *prompt = (struct prompt){
        .id = db_row_int(row, PROMPT_ROW_ID),
        .uuid = db_row_uuid(row, PROMPT_ROW_UUID),
        .name = arena_str(ctx->arena, db_row_str(row, PROMPT_ROW_NAME)),
        .title = arena_str(ctx->arena, db_row_str(row, PROMPT_ROW_TITLE)),
        .content = arena_str(ctx->arena, db_row_str(row, PROMPT_ROW_CONTENT)),
        .created_by = db_row_uuid(row, PROMPT_ROW_CREATOR_UUID),
        .version = db_row_int(row, PROMPT_ROW_VERSION),
        .created_us = db_row_int(row, PROMPT_ROW_CREATED_US),
        .updated_us = db_row_int(row, PROMPT_ROW_UPDATED_US),
    };
    return arena_check(ctx->arena);
}

enum err prompt_list(struct ctx *ctx, const struct prompt_place *place, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_PROMPT_LIST, DB_ARGS(DB_INT(place->m->workspace_id)), prompt_read, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err prompt_get(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt,
                    struct prompt *ret_prompt)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_PROMPT_GET, DB_ARGS(DB_UUID(prompt), DB_INT(place->m->workspace_id)), prompt_read, &list));
    if (list.count == 0)
        return fail(ctx, ERR_PROMPT_NOT_FOUND);
    *ret_prompt = *(struct prompt *)list.items;
    return ERR_OK;
}

/* ---- changing ---- */

struct change {
    const struct prompt_place *place;
    const struct prompt_draft *draft;
    const struct uuid *uuid; /* NULL: a new one */
    int64_t if_version;
    struct prompt prompt;
};

/* It is typed behind a slash: letters, digits, and what holds words together. */
static bool is_word(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return name.len > 0;
}

static enum err apply(struct ctx *ctx, const struct prompt_draft *draft, struct prompt *prompt)
{
    if (draft->fields & PROMPT_NAME)
        prompt->name = draft->name;
    if (draft->fields & PROMPT_TITLE)
        prompt->title = draft->title;
    if (draft->fields & PROMPT_CONTENT)
        prompt->content = draft->content;
    if (is_word(prompt->name))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ "body", "name", "value_error.word",
                                                     "A name is of small letters a to z, digits, - and _" });
}

static enum err audit(struct ctx *ctx, enum audit_action action, const struct change *change)
{
    return audit_add(ctx,
                     &(struct audit_entry){ .action = action,
                                            .target_kind = AUDIT_ON_WORKSPACE,
                                            .target = change->place->m->workspace,
                                            .details = AUDIT_DETAILS(AUDIT_UUID("prompt", &change->prompt.uuid)) });
}

static enum err taken(struct ctx *ctx, enum err e)
{
    return e == ERR_CONFLICT ? fail(ctx, ERR_NAME_TAKEN) : e;
}

/* The workspace's lock: of two that would make the last one that there may be, the second waits. */
static enum err place_lock(struct ctx *ctx, const struct prompt_place *place)
{
    int64_t member_count;

    TRY(workspace_row_lock(ctx, place->m->workspace_id, &member_count));
    return member_require(ctx, place->m, place->principal->user_id, MEMBER_ROLE_MEMBER);
}

static enum err create(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    const struct prompt_place *place = change->place;
    struct prompt *p = &change->prompt;
    int64_t count = 0;

    TRY(place_lock(ctx, place));
    TRY(db_number(ctx, SQL_PROMPT_COUNT, DB_ARGS(DB_INT(place->m->workspace_id)), &count));
    if (count >= PROMPTS_PER_WORKSPACE_MAX)
        return failf(ctx, ERR_LIMIT, "A workspace has at most %d prompts", PROMPTS_PER_WORKSPACE_MAX);
    *p = (struct prompt){ .uuid = uuid_new(),
                          .created_by = place->principal->user,
                          .version = 1,
                          .created_us = ctx->now_us,
                          .updated_us = ctx->now_us };
    TRY(apply(ctx, change->draft, p));
    TRY(taken(ctx, db_insert(ctx, SQL_PROMPT_INSERT,
                             DB_ARGS(DB_UUID(&p->uuid), DB_INT(place->m->workspace_id), DB_TEXT(p->name),
                                     DB_TEXT(p->title), DB_TEXT(p->content), DB_INT(place->principal->user_id),
                                     DB_INT(p->created_us), DB_INT(p->updated_us)),
                             &p->id)));
    return audit(ctx, AUDIT_PROMPT_CREATED, change);
}

enum err prompt_create(struct ctx *ctx, const struct prompt_place *place, const struct prompt_draft *draft,
                       struct prompt *ret_prompt)
{
    struct change change = { .place = place, .draft = draft };

    TRY(db_run(ctx, create, &change));
    *ret_prompt = change.prompt;
    return ERR_OK;
}

/* The row of one that the caller may change, under the workspace's lock. */
static enum err target_get(struct ctx *ctx, struct change *change)
{
    const struct prompt_place *place = change->place;

    TRY(place_lock(ctx, place));
    TRY(prompt_get(ctx, place, change->uuid, &change->prompt));
    if (!uuid_eq(&change->prompt.created_by, &place->principal->user))
        TRY(member_require(ctx, place->m, place->principal->user_id, MEMBER_ROLE_OWNER));
    return change->if_version != 0 && change->if_version != change->prompt.version ? fail(ctx, ERR_PRECONDITION)
                                                                                   : ERR_OK;
}

static enum err update(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct prompt *p = &change->prompt;

    TRY(target_get(ctx, change));
    TRY(apply(ctx, change->draft, p));
    p->updated_us = ctx->now_us;
    p->version++;
    TRY(taken(ctx, db_exec(ctx, SQL_PROMPT_UPDATE,
                           DB_ARGS(DB_TEXT(p->name), DB_TEXT(p->title), DB_TEXT(p->content), DB_INT(p->updated_us),
                                   DB_INT(p->id), DB_INT(change->place->m->workspace_id)),
                           NULL)));
    return audit(ctx, AUDIT_PROMPT_CHANGED, change);
}

enum err prompt_update(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt, int64_t if_version,
                       const struct prompt_draft *draft, struct prompt *ret_prompt)
{
    struct change change = { .place = place, .draft = draft, .uuid = prompt, .if_version = if_version };

    TRY(db_run(ctx, update, &change));
    *ret_prompt = change.prompt;
    return ERR_OK;
}

static enum err delete_one(struct ctx *ctx, void *arg)
{
    struct change *change = arg;

    TRY(target_get(ctx, change));
    TRY(db_exec(ctx, SQL_PROMPT_DELETE, DB_ARGS(DB_INT(change->prompt.id), DB_INT(change->place->m->workspace_id)),
                NULL));
    return audit(ctx, AUDIT_PROMPT_DELETED, change);
}

enum err prompt_delete(struct ctx *ctx, const struct prompt_place *place, const struct uuid *prompt, int64_t if_version)
{
    return db_run(ctx, delete_one, &(struct change){ .place = place, .uuid = prompt, .if_version = if_version });
}
