#include "parley/domain/people/user.h"
#include "parley/auth/hasher.h"

#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/mail_address.h"
#include "parley/core/secret.h"
#include "parley/core/text.h"
#include "parley/domain/lifecycle/user_change.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/trust/second_factor.h"
#include "password_prompt.h"

enum { LIST_PAGE = 200, PASSWORD_TYPED_MAX_BYTES = 200 };

enum option {
    OPTION_ADMIN,
    OPTION_USERNAME,
    OPTION_FIRST_NAME,
    OPTION_LAST_NAME,
    OPTION_QUERY,
    OPTION_PASSWORD_STDIN,
    OPTION_COUNT
};

/* What the command line says. */
struct wanted {
    const char *email;
    const char *username, *first_name, *last_name, *query;
    bool given[OPTION_COUNT];
    struct buf password;
};

static enum err add(struct ctx *ctx, const struct wanted *wanted)
{
    const struct user_create_opts opts = {
        .email = str_from(wanted->email),
        .username = str_from(wanted->username),
        .password = buf_str(&wanted->password),
        .first_name = text_trim(str_from(wanted->first_name)),
        .last_name = text_trim(str_from(wanted->last_name)),
        .role = wanted->given[OPTION_ADMIN] ? USER_ROLE_ADMIN : USER_ROLE_USER,
    };
    struct user user;
    char id[UUID_TEXT_BYTES];

    TRY(user_create(ctx, &opts, &user));
    uuid_format(&user.uuid, id);
    (void)printf("%s %.*s %s\n", id, STR_FMT(user.email), wanted->given[OPTION_ADMIN] ? "ADMIN" : "USER");
    return ERR_OK;
}

static enum err passwd(struct ctx *ctx, const struct wanted *wanted)
{
    TRY(user_set_password(ctx, str_from(wanted->email), buf_str(&wanted->password)));
    (void)printf("The password is changed; all sessions of %s have ended.\n", wanted->email);
    return ERR_OK;
}

static enum err reset_2fa(struct ctx *ctx, const struct wanted *wanted)
{
    struct user user;
    struct str hash;
    enum err e = user_find_credential(ctx, str_from(wanted->email), &user, &hash);

    if (e != ERR_OK)
        return fail(ctx, e == ERR_NOT_FOUND ? ERR_USER_NOT_FOUND : e);
    TRY(second_factor_remove(ctx, &user.uuid));
    (void)printf("The second factor is off; all sessions of %s have ended.\n", wanted->email);
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

static enum err list(struct ctx *ctx, const struct wanted *wanted)
{
    struct user_list_opts opts = { .query = str_from(wanted->query), .limit = LIST_PAGE };
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

#define TAKES(option) (1U << OPTION_##option)
static const struct action {
    const char *name;
    int word_count;   /* the action's own included */
    unsigned options; /* TAKES of each that belongs to it */
    enum err (*run)(struct ctx *ctx, const struct wanted *wanted);
} actions[] = {
    { "add", 2, TAKES(ADMIN) | TAKES(USERNAME) | TAKES(FIRST_NAME) | TAKES(LAST_NAME) | TAKES(PASSWORD_STDIN), add },
    { "list", 1, TAKES(QUERY), list },
    { "passwd", 2, TAKES(PASSWORD_STDIN), passwd },
    { "reset-2fa", 2, 0, reset_2fa },
};

static int work(struct cli *cli, const struct action *action, const struct wanted *wanted)
{
    struct cli_runtime runtime = { .app.hasher = hasher_new(NULL) };
    int result = CLI_FAILED;

    if (cli_runtime_open(cli, &runtime)) {
        enum err e = runtime.app.hasher != NULL ? action->run(&runtime.task.ctx, wanted) : ERR_NO_MEMORY;

        result = e == ERR_OK ? CLI_OK : cli_fail(cli, "%s", task_sentence(&runtime.task, e));
    }
    cli_runtime_close(&runtime);
    hasher_free(runtime.app.hasher);
    return result;
}

/* An action that takes a password from standard input is one that needs a password. */
static enum err ask(const struct action *action, struct wanted *wanted, const char **ret_error_text)
{
    if ((action->options & TAKES(PASSWORD_STDIN)) == 0)
        return ERR_OK;
    return password_prompt(wanted->given[OPTION_PASSWORD_STDIN] ? PASSWORD_FROM_STDIN : PASSWORD_FROM_TERMINAL,
                           ret_error_text, &wanted->password);
}

static int ask_and_work(struct cli *cli, const struct action *action, struct wanted *wanted)
{
    const char *error_text = NULL;
    int result;

    buf_init(&wanted->password, PASSWORD_TYPED_MAX_BYTES);
    if (ask(action, wanted, &error_text) != ERR_OK)
        result = cli_fail(cli, "%s", error_text);
    else
        result = work(cli, action, wanted);
    secret_wipe(wanted->password.ptr, wanted->password.len);
    buf_release(&wanted->password);
    return result;
}

static const struct action *action_find(const struct cli *cli)
{
    for (size_t i = 0; cli->word_count > 0 && i < COUNT_OF(actions); i++) {
        if (strcmp(cli->words[0], actions[i].name) == 0)
            return &actions[i];
    }
    return NULL;
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
    struct wanted wanted = { .email = NULL };
    const struct action *action;
    const struct cli_option options[] = {
        [OPTION_ADMIN] = { "--admin", NULL, &wanted.given[OPTION_ADMIN] },
        [OPTION_USERNAME] = { "--username", &wanted.username, &wanted.given[OPTION_USERNAME] },
        [OPTION_FIRST_NAME] = { "--first-name", &wanted.first_name, &wanted.given[OPTION_FIRST_NAME] },
        [OPTION_LAST_NAME] = { "--last-name", &wanted.last_name, &wanted.given[OPTION_LAST_NAME] },
        [OPTION_QUERY] = { "--query", &wanted.query, &wanted.given[OPTION_QUERY] },
        [OPTION_PASSWORD_STDIN] = { "--password-stdin", NULL, &wanted.given[OPTION_PASSWORD_STDIN] },
        [OPTION_COUNT] = { NULL, NULL, NULL },
    };

    if (!cli_parse(cli, options))
        return CLI_WRONG_USE;
    action = action_find(cli);
    if (action == NULL)
        return cli_wrong_use(cli, "add, list, passwd or reset-2fa is missing");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (wanted.given[i] && (action->options & 1U << i) == 0)
            return cli_wrong_use(cli, "%s does not take %s", action->name, options[i].name);
    }
    if (cli->word_count != action->word_count)
        return cli_wrong_use(cli, action->word_count == 2 ? "%s wants one address" : "%s takes no more words",
                             action->name);
    wanted.email = cli->words[1];
    if (wanted.email != NULL && !mail_address_is_sane(str_from(wanted.email)))
        return cli_wrong_use(cli, "that is not an e-mail address");
    if (!is_name(wanted.first_name) || !is_name(wanted.last_name))
        return cli_wrong_use(cli, "a name is one line of text that shows something");
    return ask_and_work(cli, action, &wanted);
}

const struct command user_command = {
    .name = "user",
    .summary = "Add and list accounts, set a password, take away a second factor",
    .usage =
        "Usage: parley user add ADDRESS [--admin] [--username NAME] [--first-name NAME] [--last-name NAME]\n"
        "                                 [--password-stdin]\n"
        "       parley user list [--query TEXT]\n"
        "       parley user passwd ADDRESS [--password-stdin]\n"
        "       parley user reset-2fa ADDRESS\n"
        "\n"
        "  add        make an account; with --admin one that runs the server\n"
        "  list       id, role, state, day of making, username and address of every account; with --query of those\n"
        "             that have TEXT in a name or the address\n"
        "  passwd     set a new password; all sessions of the account end\n"
        "  reset-2fa  take away the second factor of someone who has lost it; all sessions of the account end\n"
        "\n"
        "The password is asked for on the terminal, or with --password-stdin read from standard input (one line).\n",
    .run = run,
};
