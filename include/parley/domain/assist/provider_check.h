/* Goes to a provider and looks whether it answers, and which models it has. */
#ifndef PARLEY_DOMAIN_PROVIDER_CHECK_H
#define PARLEY_DOMAIN_PROVIDER_CHECK_H

#include "parley/ai/probe.h"
#include "parley/domain/assist/provider.h"

struct provider_check {
    enum ai_probe_outcome outcome;
    int64_t status;    /* of the provider's last answer; INT64_MIN: none came */
    struct str advice; /* a sentence or two: what is wrong and what to change; in the request arena */
    int64_t duration_ms;
    struct list models; /* struct model: all that are known of it by now */
};

/*
 * Asks it for its models, which become rows where they are none. Where /v1 was missing it is put behind the address of a provider that
 * may be changed. Blocks for up to twice AI_PROBE_CALL_MAX_MS, holding nothing. Whatever comes out is ERR_OK;
 * ERR_PROVIDER_NOT_FOUND, ERR_UNAVAILABLE (provider_key_open), ERR_FORBIDDEN (no OWNER any more), errors of the database. Any
 * thread, no transaction open.
 */
enum err provider_check(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                        struct provider_check *ret_check) MUST_CHECK;

#endif
