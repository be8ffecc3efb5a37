/*
 * The gate over FastCGI parameters: the input is "NAME=value" pieces, separated by NUL. Whatever they say, there is one
 * whole answer: a sane status, headers without control characters, a body that is JSON.
 */
#include <assert.h>
#include <stdlib.h>

#include "../unit/gate/gate_fixture.h"
#include "parley/gate/precondition.h"

enum { PARAMS_MAX = 40 };

static struct gate_fixture f;

static enum err versioned(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    TRY(precondition_check(ctx, call, 3));
    reply->version = 3;
    json_out_int(&reply->json, 3);
    return ERR_OK;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct route rows[] = {
        { GET, "/a", versioned, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE,
          .rate = RATE_NOBODY, .status = 200, .id = "f1", .summary = "s", .tag = "t" },
        { POST, "/w/{workspace}/x/{y:word}", versioned, .access = ACCESS_SIGNED_IN, .role = ROLE_MEMBER,
          .scope = SCOPE_WRITE, .rate = RATE_WRITE, .flags = ROUTE_IDEMPOTENT | ROUTE_MULTIPART, .status = 201,
          .form = "{}", .form_name = "Form", .id = "f2", .summary = "s", .tag = "t" },
        { GET, "/c", versioned, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ,
          .rate = RATE_READ, .cookie = COOKIE_READ, .status = 200, .id = "f3", .summary = "s", .tag = "t" },
        { POST, "/s", versioned, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE,
          .rate = RATE_CREDENTIAL, .cookie = COOKIE_SESSION, .status = 200, .id = "f4", .summary = "s", .tag = "t" },
    };
    static const struct route_table table = { rows, COUNT_OF(rows) };
    static const char *const settings[] = { "ALLOWED_ORIGINS=https://app.example.org", "ENVIRONMENT=development",
                                            NULL };

    (void)argc;
    (void)argv;
    fixture_open(&f, settings, &table);
    if (f.gate == NULL)
        abort(); /* the fixture has said why; libFuzzer would go on */
    return 0;
}

static void reply_check(struct arena *arena)
{
    const struct json_in *value;
    const char *reason;

    assert(strcmp(reply_reason(f.reply.status), "Unknown") != 0);
    for (size_t i = 0; i < f.reply.header_count; i++)
        assert(!str_has_control(str_from(f.reply.headers[i].value)));
    if (f.reply.body.len > 0)
        assert(json_in_parse(arena, buf_str(&f.reply.body), &value, &reason) == ERR_OK);
    assert(reply_has_header(&f.reply, "X-Request-Id") && reply_has_header(&f.reply, "Cache-Control"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { (const char *)data, size };
    char *params[PARAMS_MAX + 1];
    struct arena *arena = arena_new(8 * MIB);
    struct fake_request nothing = { .piece_bytes = 1 };
    struct http_request req;
    struct str piece;
    size_t count = 0;

    while (count < PARAMS_MAX && str_split(&rest, '\0', &piece))
        params[count++] = arena_cstr(arena, piece);
    params[count] = NULL;
    request_init(&req, params, fake_body_read, &nothing);
    reply_init(&f.reply);
    gate_handle(f.gate, &req, arena, &f.reply);
    reply_check(arena);
    arena_free(arena);
    return 0;
}
