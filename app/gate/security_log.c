#include "security_log.h"

#include "parley/core/log.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/principal.h"

static void event_log(const struct ctx *ctx, const struct audit_event *event)
{
    const struct audit_action_info *info = audit_action_info(event->action);
    enum log_level level = info->watch == AUDIT_WATCH_WARN ? LOG_WARN : LOG_INFO;
    char actor[UUID_TEXT_BYTES] = "-", target[UUID_TEXT_BYTES] = "-";

    if (!uuid_eq(&event->actor, &(struct uuid){ .bytes = { 0 } }))
        uuid_format(&event->actor, actor);
    if (!uuid_eq(&event->target, &(struct uuid){ .bytes = { 0 } }))
        uuid_format(&event->target, target);
    log_event(level, info->sentence, LOG_C("id", ctx->request_id), LOG_C("action", info->name), LOG_C("user", actor),
              LOG_C("target", target), LOG_STR("ip", event->ip));
}

void security_log(const struct ctx *ctx)
{
    for (const struct audit_event *event = ctx->audited; event != NULL; event = event->next)
        event_log(ctx, event);
}
