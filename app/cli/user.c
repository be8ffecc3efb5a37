#include "parley/domain/people/user.h"
#include "parley/auth/hasher.h"

#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/mail_address.h"
#include "parley/core/secret.h"
#include "parley/core/text.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/trust/password_reset.h"
#include "parley/domain/trust/second_factor.h"
#include "parley/domain/trust/session.h"
#include "parley/domain/workspaces/workspace_overview.h"
#include "parley/mail/mailer.h"
#include "password_prompt.h"

enum { LIST_PAGE = 200, PASSWORD_TYPED_MAX_BYTES = 200, MAILER_FAULT_MAX_BYTES = 1024 };

enum option {
    OPTION_ADMIN,
    OPTION_USERNAME,
    OPTION_FIRST_NAME,
    OPTION_LAST_NAME,
    OPTION_QUERY,
    OPTION_PASSWORD_STDIN,
    OPTION_ERASE,
    OPTION_END,
    OPTION_COUNT
};

/* What the command line says. */
struct user_call {
    const struct cli *cli;
    const char *email; /* NULL: the action wants none */
    struct user user;  /* who has it; not where one is made */
    struct buf password;
};

/* ---- making and listing ---- */

static struct str option_str(const struct cli *cli, enum option option)
{
    return str_from(cli_option(cli, (int)option));
}

static enum err add(struct ctx *ctx, const struct user_call *call)
{
    bool is_admin = cli_option(call->cli, OPTION_ADMIN) != NULL;
    const struct user_create_opts opts = {
        .email = str_from(call->email),
        .username = option_str(call->cli, OPTION_USERNAME),
        .password = buf_str(&call->password),
        .first_name = text_trim(option_str(call->cli, OPTION_FIRST_NAME)),
        .last_name = text_trim(option_str(call->cli, OPTION_LAST_NAME)),
        .role = is_admin ? USER_ROLE_ADMIN : USER_ROLE_USER,
    };
    struct user user;
    char id[UUID_TEXT_BYTES];

    TRY(user_create(ctx, &opts, &user));
    uuid_format(&user.uuid, id);
    (void)printf("%s %.*s %s\n", id, STR_FMT(user.email), is_admin ? "ADMIN" : "USER");
    return ERR_OK;
}

static void print_user(const struct user *user)
{
    char id[UUID_TEXT_BYTES];
    char created[CLOCK_TEXT_BYTES];

    uuid_format(&user->uuid, id);
    clock_format(user->created_us, created);
    (void)printf("%s  %-5s  %-8s  %.10s  %.*s  %.*s\n", id, user->role == USER_ROLE_ADMIN ? "ADMIN" : "USER",
                 user->is_active ? "active" : "inactive", created, STR_FMT(user->username), STR_FMT(user->email));
}

static enum err list(struct ctx *ctx, const struct user_call *call)
{
    struct user_list_opts opts = { .query = option_str(call->cli, OPTION_QUERY), .limit = LIST_PAGE };
    struct user *users;
    size_t count = LIST_PAGE;

    while (count == LIST_PAGE) {
        TRY(user_list(ctx, &opts, &users, &count));
        for (size_t i = 0; i < count; i++)
            print_user(&users[i]);
        if (count > 0)
            opts.after_id = users[count - 1].id;
        arena_reset(ctx->arena);
    }
    return ERR_OK;
}

/* ---- changing one ---- */

static enum err passwd(struct ctx *ctx, const struct user_call *call)
{
    TRY(user_set_password(ctx, str_from(call->email), buf_str(&call->password)));
    (void)printf("The password is changed; all sessions of %s have ended.\n", call->email);
    return ERR_OK;
}

static enum err reset_2fa(struct ctx *ctx, const struct user_call *call)
{
    TRY(second_factor_remove(ctx, &call->user.uuid));
    (void)printf("The second factor is off; all sessions of %s have ended.\n", call->email);
    return ERR_OK;
}

static enum err reset_link(struct ctx *ctx, const struct user_call *call)
{
    struct password_reset_link link;
    char until[CLOCK_TEXT_BYTES];

    TRY(password_reset_issue(ctx, &call->user.uuid, &link));
    clock_format(link.expires_us, until);
    (void)printf("%.*s\nGive it to %s only: it sets a new password, once, until %.16s UTC.\n", STR_FMT(link.url),
                 call->email, until);
    return ERR_OK;
}

static enum err change(struct ctx *ctx, const struct user_call *call, const struct user_change *change,
                       const char *sentence)
{
    struct user user;

    TRY(user_change(ctx, &call->user.uuid, change, &user));
    (void)printf("%s %s\n", call->email, sentence);
    return ERR_OK;
}

/* Those that the account alone could manage; nobody does until an administrator takes them over. */
static void print_deserted(const struct list *workspaces)
{
    const struct deserted_workspace *rows = workspaces->items;
    char id[UUID_TEXT_BYTES];

    for (size_t i = 0; i < workspaces->count; i++) {
        uuid_format(&rows[i].uuid, id);
        (void)printf("No owner of the workspace \"%.*s\" can act now; an administrator may take it over: POST "
                     "/admin/workspaces/%s/take-over\n",
                     STR_FMT(rows[i].name), id);
    }
}

static enum err activate(struct ctx *ctx, const struct user_call *call)
{
    return change(ctx, call, &(struct user_change){ .what = USER_CHANGE_ACTIVE, .is_active = true },
                  "may sign in again.");
}

static enum err deactivate(struct ctx *ctx, const struct user_call *call)
{
    struct list deserted;

    TRY(change(ctx, call, &(struct user_change){ .what = USER_CHANGE_ACTIVE },
               "is switched off; all sessions have ended."));
    TRY(workspace_deserted_without(ctx, call->user.id, &deserted));
    print_deserted(&deserted);
    return ERR_OK;
}

static enum err promote(struct ctx *ctx, const struct user_call *call)
{
    return change(ctx, call, &(struct user_change){ .what = USER_CHANGE_ROLE, .role = USER_ROLE_ADMIN },
                  "is an administrator.");
}

static enum err demote(struct ctx *ctx, const struct user_call *call)
{
    return change(ctx, call, &(struct user_change){ .what = USER_CHANGE_ROLE, .role = USER_ROLE_USER },
                  "is no administrator any more.");
}

/* Whoever reads at the old address is told, where mail is sent. */
static enum err address(struct ctx *ctx, const struct user_call *call)
{
    struct user user;

    TRY(user_change(ctx, &call->user.uuid,
                    &(struct user_change){ .what = USER_CHANGE_EMAIL, .email = str_from(call->cli->words[1]) }, &user));
    (void)printf("The account of %s has the address %.*s now; its sessions stay.\n", call->email, STR_FMT(user.email));
    return ERR_OK;
}

static enum err delete_account(struct ctx *ctx, const struct user_call *call)
{
    bool erases = cli_option(call->cli, OPTION_ERASE) != NULL;
    struct list deserted;

    TRY(workspace_deserted_without(ctx, call->user.id, &deserted));
    TRY(user_delete(ctx, &call->user.uuid, erases ? USER_MESSAGES_ERASE : USER_MESSAGES_KEEP));
    (void)printf("The account is deleted; what it wrote %s.\n",
                 erases ? "is being erased" : "stays, under \"Deleted user\"");
    print_deserted(&deserted);
    return ERR_OK;
}

/* ---- sessions ---- */

static void print_session(const struct session *session)
{
    char id[UUID_TEXT_BYTES];
    char created[CLOCK_TEXT_BYTES], used[CLOCK_TEXT_BYTES];

    uuid_format(&session->uuid, id);
    clock_format(session->created_us, created);
    clock_format(session->last_used_us, used);
    (void)printf("%s  %.16s  %.16s  %.*s  %.*s\n", id, created, used, STR_FMT(session->ip),
                 STR_FMT(session->user_agent));
}

static enum err sessions_list(struct ctx *ctx, int64_t user_id)
{
    const struct session *rows;
    struct list list;

    TRY(session_list(ctx, user_id, &list));
    rows = list.items;
    for (size_t i = 0; i < list.count; i++)
        print_session(&rows[i]);
    return ERR_OK;
}

static enum err sessions(struct ctx *ctx, const struct user_call *call)
{
    const char *end = cli_option(call->cli, OPTION_END);
    struct uuid session;

    if (end == NULL)
        return sessions_list(ctx, call->user.id);
    if (strcmp(end, "all") == 0) {
        TRY(session_end_all(ctx, call->user.id, &call->user.uuid));
        (void)printf("All sessions of %s have ended.\n", call->email);
        return ERR_OK;
    }
    if (uuid_parse(str_from(end), &session) != ERR_OK)
        return fail(ctx, ERR_SESSION_NOT_FOUND);
    TRY(session_end(ctx, call->user.id, &call->user.uuid, &session));
    (void)puts("The session has ended.");
    return ERR_OK;
}

/* ---- the command ---- */

static const struct command_option options[] = {
    [OPTION_ADMIN] = { "--admin", NULL, "make an account that runs the server" },
    [OPTION_USERNAME] = { "--username", "NAME", "its username (default: made from the address)" },
    [OPTION_FIRST_NAME] = { "--first-name", "NAME", "its first name" },
    [OPTION_LAST_NAME] = { "--last-name", "NAME", "its last name" },
    [OPTION_QUERY] = { "--query", "TEXT", "only accounts that have TEXT in a name or the address" },
    [OPTION_PASSWORD_STDIN] = { "--password-stdin", NULL,
                                "read the password from standard input (one line) instead of asking on the terminal" },
    [OPTION_ERASE] = { "--erase-messages", NULL, "erase what the account wrote, too" },
    [OPTION_END] = { "--end", "SESSION", "end the session of this id, or with `all` every one" },
    [OPTION_COUNT] = { NULL, NULL, NULL },
};

static int run(struct cli *cli);

#define TAKES COMMAND_TAKES
static const struct command_action actions[] = {
    { "add", "ADDRESS", "make an account; with --admin one that runs the server",
      TAKES(OPTION_ADMIN) | TAKES(OPTION_USERNAME) | TAKES(OPTION_FIRST_NAME) | TAKES(OPTION_LAST_NAME) |
          TAKES(OPTION_PASSWORD_STDIN),
      run },
    { "list", NULL, "id, role, state, day of making, username and address of every account", TAKES(OPTION_QUERY), run },
    { "passwd", "ADDRESS", "set a new password; all sessions of the account end", TAKES(OPTION_PASSWORD_STDIN), run },
    { "reset-link", "ADDRESS",
      "print a link to hand over, with which its owner sets a new password, once, within an hour", 0, run },
    { "reset-2fa", "ADDRESS", "take away the second factor of someone who has lost it; all sessions of the account end",
      0, run },
    { "activate", "ADDRESS", "let somebody who was switched off sign in again", 0, run },
    { "deactivate", "ADDRESS", "switch an account off: all its sessions end, and nobody signs in", 0, run },
    { "promote", "ADDRESS", "make somebody an administrator", 0, run },
    { "demote", "ADDRESS", "make an administrator a user like others", 0, run },
    { "address", "ADDRESS NEW-ADDRESS",
      "give an account another mail address; its sessions stay, and open invitations follow", 0, run },
    { "delete", "ADDRESS", "delete an account for good: its names, address, password, sessions and memberships go",
      TAKES(OPTION_ERASE), run },
    { "sessions", "ADDRESS", "list where somebody is signed in: id, since when, last use, address and program",
      TAKES(OPTION_END), run },
    { NULL, NULL, NULL, 0, NULL },
};

/* What the actions do, in their order. */
static enum err (*const works[])(struct ctx *ctx, const struct user_call *call) = {
    add, list, passwd, reset_link, reset_2fa, activate, deactivate, promote, demote, address, delete_account, sessions,
};
_Static_assert(COUNT_OF(works) + 1 == COUNT_OF(actions), "each action has its work");

/* Everybody but who is being made must be there. */
static enum err find_user(struct ctx *ctx, const struct cli *cli, struct user_call *call)
{
    struct str hash;
    enum err e;

    if (call->email == NULL || works[cli->action - actions] == add)
        return ERR_OK;
    e = user_find_credential(ctx, str_from(call->email), &call->user, &hash);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_USER_NOT_FOUND) : e;
}

/* What is to be mailed is queued here and sent by the server. */
static bool open_mailer(const struct cli *cli, struct cli_runtime *runtime)
{
    struct buf error_text;
    enum err e;

    buf_init(&error_text, MAILER_FAULT_MAX_BYTES);
    e = mailer_open(runtime->task.ctx.config, &error_text, &runtime->app.mailer);
    if (e != ERR_OK)
        (void)cli_fail(cli, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    buf_release(&error_text);
    return e == ERR_OK;
}

static int work(struct cli *cli, struct user_call *call)
{
    enum cli_access access = works[cli->action - actions] == list ? CLI_READS : CLI_WRITES;
    struct cli_runtime runtime = { .app.hasher = hasher_new(NULL) };
    int result = CLI_FAILED;

    if (cli_runtime_open(cli, access, &runtime) && open_mailer(cli, &runtime)) {
        enum err e = runtime.app.hasher != NULL ? find_user(&runtime.task.ctx, cli, call) : ERR_NO_MEMORY;

        if (e == ERR_OK)
            e = works[cli->action - actions](&runtime.task.ctx, call);
        result = e == ERR_OK ? CLI_OK : cli_fail(cli, "%s", task_sentence(&runtime.task, e));
    }
    mailer_close(runtime.app.mailer);
    cli_runtime_close(&runtime);
    hasher_free(runtime.app.hasher);
    return result;
}

/* An action that takes a password from standard input is one that needs a password. */
static enum err ask(const struct cli *cli, struct buf *password, const char **ret_error_text)
{
    bool from_stdin = cli_option(cli, OPTION_PASSWORD_STDIN) != NULL;

    if ((cli->action->options & TAKES(OPTION_PASSWORD_STDIN)) == 0)
        return ERR_OK;
    return password_prompt(from_stdin ? PASSWORD_FROM_STDIN : PASSWORD_FROM_TERMINAL, ret_error_text, password);
}

/* As the API takes names; none was given: NULL. */
static bool is_name(const char *given)
{
    struct str name = text_trim(str_from(given));

    return given == NULL ||
           (str_is_utf8(name) && text_is_line(name) && !text_turns_direction(name) && text_shows(name));
}

static int run(struct cli *cli)
{
    struct user_call call = { .cli = cli, .email = cli->word_count > 0 ? cli->words[0] : NULL };
    const char *error_text = NULL;
    int result;

    for (int i = 0; i < cli->word_count; i++)
        if (!mail_address_is_sane(str_from(cli->words[i])))
            return cli_wrong_use(cli, "that is not an e-mail address");
    if (!is_name(cli_option(cli, OPTION_FIRST_NAME)) || !is_name(cli_option(cli, OPTION_LAST_NAME)))
        return cli_wrong_use(cli, "a name is one line of text that shows something");
    buf_init(&call.password, PASSWORD_TYPED_MAX_BYTES);
    if (ask(cli, &call.password, &error_text) != ERR_OK)
        result = cli_fail(cli, "%s", error_text);
    else
        result = work(cli, &call);
    secret_wipe(call.password.ptr, call.password.len);
    buf_release(&call.password);
    return result;
}

const struct command user_command = {
    .name = "user",
    .summary = "Make, list, change and delete accounts, and end their sessions",
    .actions = actions,
    .options = options,
    .text = "The last working administrator can be neither deactivated nor demoted nor deleted.",
};
