#include "parley/domain/people/preferences.h"

#include "parley/api/routes.h"
#include "parley/core/limits.h"
#include "parley/gate/precondition.h"

#define ANY_OBJECT \
    .size_bytes = sizeof(struct spec_text), .text_max_bytes = PREFERENCES_MAX_BYTES, \
    .doc = "Any object of at most 16 KiB; the app's own, kept as it was sent"
static const struct spec preferences_spec = { .name = "Preferences", ANY_OBJECT };
static const struct spec change_spec = { .name = "PreferencesChange", ANY_OBJECT };

static void preferences_reply(const struct preferences *preferences, struct reply *reply)
{
    reply->version = preferences->version;
    spec_encode(&reply->json, &preferences_spec, &(struct spec_text){ .text = preferences->text });
}

static enum err preferences_get_own(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct preferences preferences;

    TRY(preferences_get(ctx, call->principal->user_id, &preferences));
    preferences_reply(&preferences, reply);
    return ERR_OK;
}

/* If-Match is judged on the row as it is now, and that version is then demanded. */
static enum err preferences_put_own(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct spec_text *body = call->body;
    struct preferences preferences = { .version = 0 };

    if (http_header(call->request, "If-Match").ptr != NULL) {
        TRY(preferences_get(ctx, call->principal->user_id, &preferences));
        TRY(precondition_check(ctx, call, preferences.version));
    }
    TRY(preferences_put(ctx, call->principal->user_id, body->text, preferences.version, &preferences));
    preferences_reply(&preferences, reply);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/auth/me/preferences", preferences_get_own,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_READ,
      .flags = ROUTE_TAGGED,
      .reply = &preferences_spec, .status = 200,
      .id = "getPreferences",
      .doc = "The server looks at nothing in it.",
      .summary = "Read what one's app keeps for one; {} at first", .tag = "Sign-in" },
    { PUT, "/auth/me/preferences", preferences_put_own,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED,
      .body = &change_spec, .reply = &preferences_spec, .status = 200,
      .id = "replacePreferences",
      .doc = "At most 16 KiB of JSON, kept as it was sent.",
      .summary = "Keep an object for one's app, in the place of the one before", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table preferences_routes = { routes, COUNT_OF(routes) };
