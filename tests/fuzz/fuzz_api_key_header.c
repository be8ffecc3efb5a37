/*
 * credential_read over FastCGI parameters: the input is "NAME=value" pieces, separated by NUL. One key is known, from one
 * network: nothing else opens the door, in whichever header it stands, and what is remembered of it does not either.
 */
#include <assert.h>

#include "../../app/gate/credential.h"
#include "../../app/http/request_private.h"
#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/session.h"

#define KEY "parley_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

enum { PARAMS_MAX = 20 };

static struct app app;
static struct arena *arena;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- what stands for the real ones at link time: no session, and a table with the row of the one key ---- */

enum err session_authenticate(struct ctx *ctx, struct str token, struct principal *ret_principal)
{
    (void)token;
    (void)ret_principal;
    return fail(ctx, ERR_TOKEN);
}

void audit_note(struct ctx *ctx, const struct audit_entry *entry)
{
    (void)ctx;
    (void)entry;
}

enum err db_one(struct ctx *ctx, enum sql statement, struct db_args args, db_row_fn fn, void *arg)
{
    uint8_t hash[SHA256_BYTES];

    assert(statement == SQL_API_KEY_PRINCIPAL && args.count == 1 && args.values[0].bytes.len == sizeof(hash));
    digest_sha256(STR(KEY), hash);
    if (memcmp(args.values[0].bytes.ptr, hash, sizeof(hash)) != 0)
        return ERR_NOT_FOUND;
    return fn(ctx, NULL, arg);
}

enum err db_exec(struct ctx *ctx, enum sql statement, struct db_args args, int64_t *ret_count)
{
    (void)ctx;
    (void)statement;
    (void)args;
    *ret_count = 1;
    return ERR_OK;
}

/* Of the columns that are numbers all are 1, but for the time of expiry. */
int64_t db_row_int(const struct db_row *row, int column)
{
    (void)row;
    return column == 4 ? INT64_MAX : 1;
}

struct str db_row_str(const struct db_row *row, int column)
{
    (void)row;
    return column == 3 ? STR("192.0.2.0/24") : (struct str){ NULL, 0 };
}

struct uuid db_row_uuid(const struct db_row *row, int column)
{
    (void)row;
    return (struct uuid){ { (uint8_t)column } };
}

struct db_value db_value_text(struct str s)
{
    return (struct db_value){ .kind = DB_TEXT_VALUE, .bytes = s };
}

struct db_value db_value_blob(struct str s)
{
    return (struct db_value){ .kind = DB_BLOB_VALUE, .bytes = s };
}

/* ---- the target ---- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    app.cache = auth_cache_new();
    arena = arena_new(1 * MIB);
    return app.cache == NULL || arena == NULL ? -1 : 0;
}

/* The one way in: the key alone, bare or behind "Bearer", in one header of the three, from its network. */
static bool may_pass(const struct http_request *req)
{
    static const char *const headers[] = { "Authorization", "X-API-Key", "Octopus-API-Key" };
    struct str ip = http_param(req, "REMOTE_ADDR");
    size_t count = 0, good = 0;

    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        struct str value = http_header(req, headers[i]);
        size_t of_header = http_header_count(req, headers[i]);

        count += of_header;
        if (i == 0 && str_index(value, ' ') != SIZE_MAX)
            value = str_trim(str_tail(value, str_index(value, ' ')));
        good += of_header == 1 && str_eq_c(value, KEY);
    }
    return count == 1 && good == 1 && (str_starts_with(ip, STR("192.0.2.")) || str_index(ip, ':') != SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problem problem = { .err = ERR_OK };
    struct ctx ctx = { .app = &app, .arena = arena, .problem = &problem, .now_us = clock_now_us() };
    struct str rest = { (const char *)data, size };
    char *params[PARAMS_MAX + 1];
    static const struct dialect octopus = { .name = "octopus", .credential = "Octopus-API-Key" };
    static const struct dialects dialects = { 1, { &octopus } };
    struct principal principal;
    struct http_request req;
    struct str piece;
    size_t count = 0;
    enum err e;

    while (count < PARAMS_MAX && str_split(&rest, '\0', &piece))
        if ((params[count] = arena_cstr(arena, piece)) != NULL)
            count++;
    params[count] = NULL;
    request_init(&req, params, NULL, NULL);
    ctx.ip = http_param(&req, "REMOTE_ADDR");
    e = credential_read(&ctx, &req, &dialects, &principal);
    assert(e == ERR_OK || e == ERR_UNAUTHORIZED || problem.err == e);
    if (e == ERR_OK)
        assert(may_pass(&req) && principal.credential == CREDENTIAL_API_KEY && principal.key_scopes == 1);
    arena_reset(arena);
    return 0;
}
