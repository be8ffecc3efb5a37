#include "parley/domain/lifecycle/export_guard.h"

#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/events/stream_rights.h"

void export_guard_begin(struct export_guard *guard, const struct principal *principal, int64_t workspace_id,
                        int64_t chat_id)
{
    enum stream_scope scope = workspace_id == 0 ? STREAM_OF_USER : chat_id == 0 ? STREAM_OF_WORKSPACE : STREAM_OF_CHAT;

    *guard = (struct export_guard){ .rights = { .scope = scope,
                                                .user_id = principal->user_id,
                                                .session_id = principal->session_id,
                                                .key_id = principal->key_id,
                                                .workspace_id = workspace_id,
                                                .chat_id = chat_id },
                                    .began_us = clock_monotonic_us() };
}

static bool is_too_slow(const struct export_guard *guard)
{
    int64_t periods = (clock_monotonic_us() - guard->began_us) / (BODY_PACE_S * US_PER_S);

    return guard->sent_bytes < periods * BODY_PACE_BYTES;
}

static enum err rights_look(struct ctx *ctx, struct export_guard *guard)
{
    struct stream_check check = { .rights = guard->rights };
    struct stream_check *const checks[] = { &check };
    enum err e;

    guard->looked_us = clock_monotonic_us();
    e = stream_rights_look(ctx, checks, COUNT_OF(checks));
    free(check.workspaces);
    TRY(e);
    return check.end == STREAM_GOES_ON ? ERR_OK : fail(ctx, ERR_FORBIDDEN);
}

enum err export_guard_check(struct ctx *ctx, struct export_guard *guard, enum export_piece piece, size_t last_bytes)
{
    ctx->now_us = clock_now_us();
    guard->sent_bytes += (int64_t)last_bytes;
    if (is_too_slow(guard))
        return fail(ctx, ERR_TIMEOUT);
    if (piece != EXPORT_LAST_PIECE && clock_monotonic_us() - guard->looked_us < EXPORT_LOOK_MS * US_PER_MS)
        return ERR_OK;
    return rights_look(ctx, guard);
}
