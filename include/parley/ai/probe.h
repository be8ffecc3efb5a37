/*
 * Asks a provider which models it has: whether it can be reached, whether it takes the key, and what is wrong with its address
 * where something is. Blocks its thread.
 */
#ifndef PARLEY_AI_PROBE_H
#define PARLEY_AI_PROBE_H

#include <stdint.h>

#include "parley/ai/kinds.h"
#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/egress/guard.h"

struct ai_probe;

/* Caller frees with ai_probe_close. ERR_NO_MEMORY. */
enum err ai_probe_open(struct ai_probe **ret_probe) MUST_CHECK;
/* None may be under way. NULL is fine. */
void ai_probe_close(struct ai_probe *probe);

/* Borrowed for the call. */
struct ai_probe_request {
    const struct provider_ops *ops; /* what it speaks: a row of parley/ai/kinds.h */
    enum egress_trust trust;        /* who named the address */
    const char *base_url;           /* http or https, without a slash at its end */
    struct str key;                 /* empty or absent: none is sent */
};

/* A model that the provider has. Texts are in the arena. */
struct ai_probe_model {
    struct str model;          /* as it is asked for */
    struct str name;           /* as people may see it; the same where the provider has none */
    int64_t context_tokens;    /* 0: not said */
    int64_t max_output_tokens; /* 0: not said */
};

enum ai_probe_outcome {
    AI_PROBE_OK,
    AI_PROBE_UNREACHABLE,     /* no connection, no TLS, no answer in time */
    AI_PROBE_ADDRESS_REFUSED, /* by the guard */
    AI_PROBE_KEY_REFUSED,     /* 401, 403 */
    AI_PROBE_V1_MISSING,      /* there is nothing at the address, and there is with /v1 behind it */
    AI_PROBE_NOTHING_THERE,   /* 404 with and without it */
    AI_PROBE_RATE_LIMITED,
    AI_PROBE_FAILED,     /* another status */
    AI_PROBE_BAD_ANSWER, /* no list of models */
    AI_PROBE_OUTCOME_COUNT_
};

struct ai_probe_result {
    enum ai_probe_outcome outcome;
    int status;         /* of the provider's last answer; 0: none came */
    struct str advice;  /* a sentence or two: what is wrong and what to change; names no host. In the arena */
    struct list models; /* struct ai_probe_model, at most AI_PROBE_MODELS_MAX; where OK or V1_MISSING */
    int64_t duration_us;
};

/*
 * One GET of the list of models, a second one with /v1 where nothing is there; AI_PROBE_CALL_MAX_MS each.
 * ERR_OK whatever the outcome; ERR_NO_MEMORY. Any thread.
 */
enum err ai_probe_run(struct ai_probe *probe, struct arena *a, const struct ai_probe_request *request,
                      struct ai_probe_result *ret_result) MUST_CHECK;

/* "ok", "unreachable" …, as clients know it, in the order of the enum, NULL-ended. */
extern const char *const ai_probe_outcome_names[];

#endif
