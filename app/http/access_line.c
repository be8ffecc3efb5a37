#include "parley/http/access_line.h"

#include "parley/core/clock.h"

/* What both kinds begin with. */
enum { COMMON_FIELDS = 10, FIELDS_MAX = COMMON_FIELDS + 2 };

static void user_text(const struct access_line *line, char ret_text[UUID_TEXT_BYTES])
{
    static const struct uuid nobody;

    if (uuid_eq(&line->user, &nobody))
        snprintf(ret_text, UUID_TEXT_BYTES, "-");
    else
        uuid_format(&line->user, ret_text);
}

/* user: borrowed until the line is written. */
static void common_fields(const struct access_line *line, int64_t took_us, const char *user,
                          struct log_field ret_fields[FIELDS_MAX])
{
    const struct log_field fields[COMMON_FIELDS] = {
        LOG_C("id", line->request_id),
        LOG_C("method", line->method),
        LOG_C("route", line->route),
        LOG_C("user", user),
        LOG_C("ip", line->ip[0] != '\0' ? line->ip : "-"),
        LOG_INT("status", line->status),
        LOG_C("code", line->code),
        LOG_INT("ms", took_us / US_PER_MS),
        LOG_INT("arena_bytes", line->arena_bytes),
        LOG_INT("statements", line->statement_count),
    };

    memcpy(ret_fields, fields, sizeof(fields));
}

void access_line_log(const struct access_line *line, int64_t took_us)
{
    struct log_field fields[FIELDS_MAX];
    char user[UUID_TEXT_BYTES];

    user_text(line, user);
    common_fields(line, took_us, user, fields);
    log_line(line->level, "request", fields, COMMON_FIELDS);
}

void access_line_log_handed_over(const struct access_line *line, int64_t took_us, int64_t sent_bytes,
                                 const char *reason)
{
    struct log_field fields[FIELDS_MAX];
    char user[UUID_TEXT_BYTES];

    user_text(line, user);
    common_fields(line, took_us, user, fields);
    fields[COMMON_FIELDS] = LOG_INT("sent_bytes", sent_bytes);
    fields[COMMON_FIELDS + 1] = LOG_C("reason", reason);
    log_line(line->level, "request", fields, FIELDS_MAX);
}
