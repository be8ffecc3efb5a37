#include "parley/domain/lifecycle/bootstrap.h"

#include <assert.h>

#include "parley/core/config.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/people/administrator.h"
#include "parley/domain/people/user.h"
#include "parley/domain/people/username.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/workspace.h"

/* The row of the table once that only one bootstrap can insert. */
#define BOOTSTRAP_ROW STR("bootstrap")

static const struct str key_name = STR_INIT("Master API Key");

/* ---- may it be done ---- */

static enum err is_empty(struct ctx *ctx, bool *ret_empty)
{
    int64_t first_key = 0;
    bool required;

    TRY(setup_required(ctx, &required));
    TRY(db_number(ctx, SQL_API_KEY_FIRST, DB_NO_ARGS, &first_key));
    *ret_empty = required && first_key == 0;
    return ERR_OK;
}

/* The sentence is what clients of octopus know, but for the number of keys, which is nobody's business. */
static enum err refuse_done(struct ctx *ctx)
{
    return failf(ctx, ERR_BOOTSTRAP_DONE,
                 "Bootstrap already completed. Use the existing master key to create additional keys.");
}

/* Without a token that is right the server must be empty; where one is set, an empty server asks for it too. */
static enum err check_allowed(struct ctx *ctx, struct str token, bool *ret_proven)
{
    enum setup_token state;
    bool empty;

    TRY(setup_token_judge(ctx, token, &state));
    *ret_proven = state == SETUP_TOKEN_RIGHT;
    if (*ret_proven)
        return ERR_OK;
    TRY(is_empty(ctx, &empty));
    if (state == SETUP_TOKEN_WRONG && (empty || token.len > 0))
        return fail(ctx, ERR_SETUP_TOKEN);
    return empty ? ERR_OK : refuse_done(ctx);
}

/* ---- the rows ---- */

struct bootstrap_call {
    bool proven;                   /* by the token: users may be there already */
    char username[USERNAME_BYTES]; /* of the bot */
    struct api_key_made made;
};

/* The right to the setup is taken too, so that the two do not both begin on an empty server. */
static enum err claim(struct ctx *ctx, bool proven)
{
    bool empty = true;
    enum err e = db_exec(ctx, SQL_SINGLETON_INSERT, DB_ARGS(DB_TEXT(BOOTSTRAP_ROW), DB_INT(ctx->now_us)), NULL);

    if (e == ERR_OK) {
        e = setup_claim(ctx);
        if (e == ERR_CONFLICT && proven)
            return ERR_OK;
    }
    if (e == ERR_OK && !proven)
        e = is_empty(ctx, &empty);
    return e == ERR_CONFLICT || !empty ? refuse_done(ctx) : e;
}

static enum err bot_add(struct ctx *ctx, const char *username, struct user *ret_bot)
{
    const struct user_create_opts opts = { .kind = USER_KIND_BOT,
                                           .username = str_from(username),
                                           .role = USER_ROLE_ADMIN };

    TRY(user_insert(ctx, &opts, ret_bot));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_SETUP_COMPLETED,
                                                 .actor = { .user = ret_bot->uuid, .name = ret_bot->username },
                                                 .target_kind = AUDIT_ON_USER,
                                                 .target = ret_bot->uuid });
}

/* The one workspace that a new user has. */
static enum err workspace_of(struct ctx *ctx, const struct user *bot, struct api_key *key)
{
    const struct workspace_list_opts opts = { .user_id = bot->id, .limit = 2 };
    const struct workspace *workspace;
    struct list list;

    TRY(workspace_list(ctx, &opts, &list));
    assert(list.count == 1);
    workspace = list.items;
    key->workspace_id = workspace->id;
    key->workspace = workspace->uuid;
    return ERR_OK;
}

static enum err bootstrap_in_transaction(struct ctx *ctx, void *arg)
{
    struct bootstrap_call *call = arg;
    struct api_key key = { .name = key_name, .scopes = KEY_SCOPE_READ | KEY_SCOPE_WRITE | KEY_SCOPE_ADMIN };
    struct user bot;

    TRY(administrator_lock(ctx));
    TRY(claim(ctx, call->proven));
    TRY(bot_add(ctx, call->username, &bot));
    TRY(workspace_of(ctx, &bot, &key));
    key.user_id = bot.id;
    TRY(api_key_add(ctx, &key, call->made.text));
    call->made.key = key;
    return ERR_OK;
}

/* What MASTER_API_KEY says, unless it is what the contract takes for "none". */
static enum err text_choose(struct ctx *ctx, struct str *ret_text)
{
    struct str set = str_from(ctx->config->master_api_key);

    if (set.len == 0 || str_eq_c(set, MASTER_API_KEY_NONE))
        return api_key_text_new(ctx, API_KEY_PREFIX_OCTOPUS, ret_text);
    *ret_text = arena_str(ctx->arena, set);
    return ret_text->ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

enum err bootstrap(struct ctx *ctx, struct str token, struct api_key_made *ret_made)
{
    struct bootstrap_call call = { .proven = false };

    TRY(check_allowed(ctx, token, &call.proven));
    TRY(text_choose(ctx, &call.made.text));
    username_vary(STR("bot"), call.username);
    TRY(db_run(ctx, bootstrap_in_transaction, &call));
    *ret_made = call.made;
    return ERR_OK;
}
