#include "parley/domain/record/security_log.h"

#include "parley/core/log.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/principal.h"

/* Whoever reads the log looks for what is there, so only what is not sure has one field more. */
static void event_log(const struct ctx *ctx, const struct audit_event *event, enum outcome_commit commit)
{
    const struct audit_action_info *info = audit_action_info(event->action);
    enum log_level level = info->watch == AUDIT_WATCH_WARN ? LOG_WARN : LOG_INFO;
    char actor[UUID_TEXT_BYTES] = "-", target[UUID_TEXT_BYTES] = "-";
    const char *id = ctx->request_id[0] != '\0' ? ctx->request_id : "-";

    if (!uuid_eq(&event->actor, &(struct uuid){ .bytes = { 0 } }))
        uuid_format(&event->actor, actor);
    if (!uuid_eq(&event->target, &(struct uuid){ .bytes = { 0 } }))
        uuid_format(&event->target, target);
    if (commit == OUTCOME_UNKNOWN)
        log_event(level, info->sentence, LOG_C("id", id), LOG_C("action", info->name), LOG_C("user", actor),
                  LOG_C("target", target), LOG_STR("ip", event->ip), LOG_C("outcome", "unknown"));
    else
        log_event(level, info->sentence, LOG_C("id", id), LOG_C("action", info->name), LOG_C("user", actor),
                  LOG_C("target", target), LOG_STR("ip", event->ip));
}

/* The list has the newest first; a transaction has a handful. */
void security_log(const struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit)
{
    const struct audit_event *logged = NULL;

    while (logged != outcome->audited) {
        const struct audit_event *event = outcome->audited;

        while (event->next != logged)
            event = event->next;
        event_log(ctx, event, commit);
        logged = event;
    }
}
