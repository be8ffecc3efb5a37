#include "parley/domain/talk/presence.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"

struct presence_query {
    struct body body;
    struct str users;
};
/* clang-format off */
#define QUERY_FIELD(member) .offset = offsetof(struct presence_query, member)
static const struct field query_fields[] = {
    { "user", FIELD_STR, FIELD_REQUIRED, 1, PRESENCE_ASKED_MAX * UUID_TEXT_BYTES, QUERY_FIELD(users),
      .example = "\"01890a5d-ac96-774b-bcce-b302099a8057,01890a5d-ac97-7b16-9d2f-2c1f7d3f6d41\"",
      .doc = "The ids of up to 200 people, with commas" },
};
static const struct spec query_spec = { SPEC_INIT("PresenceQuery", struct presence_query, query_fields) };

static const char *const status_names[] = { [PRESENCE_ONLINE] = "online", [PRESENCE_AWAY] = "away",
                                            [PRESENCE_OFFLINE] = "offline", NULL };
#define SEEN_FIELD(member) .offset = offsetof(struct presence_seen, member)
static const struct field seen_fields[] = {
    { "user_id", FIELD_UUID, SEEN_FIELD(user), .doc = "Who" },
    { "status", FIELD_ENUM, SEEN_FIELD(status), .names = status_names, .type_name = "PresenceStatus",
      .doc = "online: has an event stream open; away: but has changed, read or typed nothing for 10 minutes; offline: "
             "has had none for 10 seconds" },
    { "last_seen_at", FIELD_TIME, FIELD_NULLABLE, SEEN_FIELD(last_seen_us),
      .doc = "When they did something last, to within half a minute, or, offline, had a stream open; null: never yet" },
};
static const struct spec seen_spec = { SPEC_INIT("Presence", struct presence_seen, seen_fields),
    .doc = "Whether somebody is there" };
/* clang-format on */

static enum err users_read(struct ctx *ctx, struct str text, struct uuid *ret_users, size_t *ret_count)
{
    struct str piece;

    *ret_count = 0;
    while (text.ptr != NULL && str_split(&text, ',', &piece))
        if (*ret_count == PRESENCE_ASKED_MAX || uuid_parse(str_trim(piece), &ret_users[(*ret_count)++]) != ERR_OK)
            return problem_add(ctx->problem, (struct fault){ .where = "query",
                                                             .field = "user",
                                                             .type = "value_error",
                                                             .message = "must be up to 200 ids of users, with commas "
                                                                        "between" });
    return ERR_OK;
}

static enum err presence_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct presence_query *query = call->query;
    struct uuid users[PRESENCE_ASKED_MAX];
    struct list list;
    size_t count;

    TRY(users_read(ctx, query->users, users, &count));
    TRY(presence_list(ctx, &call->workspace, users, count, &list));
    spec_encode_list(&reply->json, &seen_spec, list.items, list.count);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/workspaces/{workspace}/presence", presence_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, .rate = RATE_READ,
      .query = &query_spec, .reply = &seen_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listPresence",
      .doc = "Whoever is not in the workspace is left out. In workspaces of up to 500 people the event `presence` tells each "
             "change; larger ones ask. A stream by an API key, or what is done with one, makes nobody present.",
      .summary = "See which of some people are there", .tag = "Live events" },
};
/* clang-format on */
const struct route_table presence_routes = { routes, COUNT_OF(routes) };
