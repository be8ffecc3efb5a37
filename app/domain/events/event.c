#include "parley/domain/events/event.h"

#include <assert.h>
#include <inttypes.h>

#include "parley/core/clock.h"
#include "parley/core/outcome.h"
#include "parley/db/db.h"
#include "parley/domain/record/principal.h"

enum { INTERNAL, PUBLIC };

#define EVENT(identifier, text, audience, access, sentence) \
    [EVENT_##identifier] = { .name = STR_INIT(text), .is_public = audience },
static const struct kind {
    struct str name;
    int is_public;
} kinds[EVENT_KINDS] = {
#include "parley/domain/events/events.def"
};
#undef EVENT

_Static_assert(EVENT_KINDS <= 64, "what is due is kept as bits");

void event_skip(struct ctx *ctx, enum event_kind kind)
{
    ctx->outcome.events_due &= ~(UINT64_C(1) << kind);
}

enum err event_add(struct ctx *ctx, const struct event *event)
{
    static const struct uuid none;
    int64_t actor_id = event->actor_id == 0 && ctx->actor != NULL ? ctx->actor->user_id : event->actor_id;

    assert(ctx->conn != NULL && event->detail.len <= EVENT_DETAIL_MAX_BYTES);
    TRY(arena_check(ctx->arena));
    TRY(db_insert(ctx, SQL_EVENT_INSERT,
                  DB_ARGS(DB_INT(event->kind), DB_INT_OR_NULL(event->workspace_id), DB_INT_OR_NULL(event->chat_id),
                          DB_INT_OR_NULL(event->user_id),
                          uuid_eq(&event->subject, &none) ? DB_NULL : DB_UUID(&event->subject),
                          DB_INT_OR_NULL(actor_id), DB_BLOB(event->detail), DB_INT(clock_now_us())),
                  NULL));
    event_skip(ctx, event->kind);
    outcome_wake(ctx, OUTCOME_EVENTS);
    return ERR_OK;
}

struct str event_number(struct ctx *ctx, int64_t number)
{
    return str_from(arena_printf(ctx->arena, "%" PRId64, number));
}

struct str event_name(enum event_kind kind)
{
    return kinds[kind].name;
}

bool event_is_public(enum event_kind kind)
{
    return kinds[kind].is_public != 0;
}
