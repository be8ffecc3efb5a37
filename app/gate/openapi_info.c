#include "openapi_info.h"

#include "route_check.h"
#include "route_private.h"

enum { DESCRIPTION_MAX_BYTES = 8192 };

static const char description[] =
    "Parley is a private chat server: people, teams and assistants talk in workspaces that belong to whoever runs the"
    " machine.\n\n"
    "## Signing in\n"
    "`POST /auth/login` gives an access token for 15 minutes and a refresh token for 30 days. Send the access token as"
    " `Authorization: Bearer …`. A program takes an API key instead, in `X-API-Key` or as a bearer. One credential in a"
    " request, not two. A page of the server's own origin can have its session in a cookie instead"
    " (`X-Parley-Session: cookie`).\n\n"
    "## Addresses\n"
    "Every path is served at the root and under `/api`; those that begin with `/api/v1` are other systems' and are served"
    " there alone. A slash at the end makes no difference. What a caller has no part in is 404, as if it did not exist.\n\n"
    "## Bodies\n"
    "JSON in UTF-8, in and out. A field or a parameter that is not known is refused with 422, so that a typo is never passed over. Times"
    " are RFC 3339 in UTC, identifiers are UUIDs.\n\n"
    "## Errors\n"
    "`application/problem+json` (RFC 9457) with a `code` that never changes its meaning; /docs/errors lists all of them."
    " Each answer has an `X-Request-Id` that the server's log has too.\n\n"
    "## Lists\n"
    "Lists are bare arrays. Where there is more, `Link` with `rel=\"next\"` is the address of the next page; `limit` is"
    " 1 to 200.\n\n"
    "## Repeating safely\n"
    "Operations that take an `Idempotency-Key` do a thing once, however often the same key is sent within 24 hours.\n\n"
    "## Changing what others change\n"
    "`ETag` of an answer, sent back as `If-Match`, refuses a change with 412 where somebody else was first;"
    " `If-None-Match` answers 304 where nothing has changed.\n\n"
    "## Limits of rate\n"
    "`RateLimit-Limit`, `-Remaining` and `-Reset` tell how many requests are left. Where none is, the answer is 429 with"
    " `Retry-After` in seconds.";

/* The tags in the order in which a reader meets them. */
static const struct {
    const char *name, *doc;
} tags[] = {
    { "Server", "What this server is, whether it works, and its documents." },
    { "Sign-in", "The first administrator, accounts of one's own, tokens, sessions and passwords." },
    { "Second factor", "Codes of an authenticator, and recovery codes." },
    { "Workspaces", "Where people and their chats are; a member is OWNER, MEMBER or GUEST." },
    { "Invitations", "How people come into a workspace." },
    { "Chats", "Conversations in a workspace." },
    { "Chat members", "Who is in a chat." },
    { "Messages", "What is said, with files." },
    { "Webhooks", "Addresses at which programs post into a chat, in the shape of Slack's." },
    { "Assistants", "Who serves language models, which of them may be used, prompts, and what it may cost and did." },
    { "Live events", "What happens, as it happens: streams of events, who is there, and who is typing." },
    { "Files", "Attachments, and uploads that go straight to the object store." },
    { "API keys", "Credentials of programs, as another system's clients know them." },
    { "Users", "Accounts; most of it is for administrators." },
    { "Administration", "What an administrator may do with workspaces of others." },
    { "Audit", "What was done, by whom, in a chain that shows what was changed later." },
};

static void tags_write(struct json_out *out)
{
    json_out_key(out, "tags");
    json_out_array(out);
    for (size_t i = 0; i < COUNT_OF(tags); i++) {
        json_out_object(out);
        json_out_kv_c(out, "name", tags[i].name);
        json_out_kv_c(out, "description", tags[i].doc);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

void openapi_info_write(struct json_out *out, struct str base_path)
{
    json_out_kv_c(out, "openapi", "3.1.0");
    json_out_key(out, "info");
    json_out_object(out);
    json_out_kv_c(out, "title", "Parley");
    json_out_kv_c(out, "version", PARLEY_VERSION);
    json_out_kv_c(out, "summary", "A private chat server");
    json_out_kv_c(out, "description", description);
    json_out_key(out, "contact");
    json_out_raw(out, STR("{\"name\":\"Whoever runs this server\"}"));
    json_out_key(out, "license");
    json_out_raw(out, STR("{\"name\":\"MIT\",\"identifier\":\"MIT\"}"));
    json_out_object_end(out);
    json_out_key(out, "servers");
    json_out_array(out);
    json_out_object(out);
    json_out_kv_str(out, "url", base_path.len > 0 ? base_path : STR("/"));
    json_out_kv_c(out, "description", "This server");
    json_out_object_end(out);
    json_out_array_end(out);
    tags_write(out);
}

/* ---- who may ---- */

static const char *who_may(const struct route *route)
{
    static const char *const roles[] = {
        [ROLE_GUEST] = "For everyone in the workspace",
        [ROLE_MEMBER] = "For members of the workspace, not its guests",
        [ROLE_OWNER] = "For owners of the workspace",
    };

    switch (route->access) {
    case ACCESS_ANYONE: return "For anyone: no credential is needed, and one that is sent is not looked at";
    case ACCESS_SIGNED_URL: return "For whoever has the address: its query is a signature";
    case ACCESS_TOKEN_URL: return "For whoever has the address: it ends with a token";
    case ACCESS_ADMIN:
    case ACCESS_METRICS: return "For administrators of the server";
    case ACCESS_SIGNED_IN: return route->role >= ROLE_GUEST ? roles[route->role] : "For whoever is signed in";
    case ACCESS_NOT_SAID_: break;
    }
    return "";
}

static const char *key_may(const struct route *route)
{
    static const char *const scopes[] = {
        [SCOPE_NONE] = "; an API key is not enough",
        [SCOPE_READ] = "; an API key needs the scope `read`",
        [SCOPE_WRITE] = "; an API key needs the scope `write`",
        [SCOPE_ADMIN] = "; an API key needs the scope `admin`",
        [SCOPE_METRICS] = "; an API key needs the scope `metrics`",
        [SCOPE_ANY] = "; any API key is enough",
    };

    if (!access_reads_credential(route->access))
        return "";
    return scopes[route->scope] != NULL ? scopes[route->scope] : "";
}

void openapi_description_write(struct json_out *out, const struct route *route)
{
    struct buf text;

    buf_init(&text, DESCRIPTION_MAX_BYTES);
    if (route->doc != NULL)
        buf_addf(&text, "%s\n\n", route->doc);
    buf_addf(&text, "%s%s.", who_may(route), key_may(route));
    json_out_kv_str(out, "description", buf_str(&text));
    buf_release(&text);
}
