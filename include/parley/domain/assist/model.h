/*
 * Models of providers: what a provider's list has, or what somebody has written by hand, and what is to be known of each.
 *
 * Every function here: any thread, no transaction open; errors of the database (parley/db/db.h) besides those that are named;
 * ERR_PROVIDER_NOT_FOUND as of provider_get. Texts and lists of all results are in the request arena. Rights as in
 * parley/domain/assist/provider.h. Models of the environment's providers are changed as others are.
 */
#ifndef PARLEY_DOMAIN_MODEL_H
#define PARLEY_DOMAIN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/assist/provider.h"

/* Millionths of the currency for a million tokens; INT64_MIN: none is set, and they cost nothing. */
struct model_price {
    int64_t in_micros, cached_micros, out_micros;
};

struct model {
    int64_t id; /* integer key */
    struct uuid uuid;
    int64_t provider_id;
    struct str model;                          /* as the provider calls it */
    struct str name;                           /* as people see it */
    int64_t context_tokens, max_output_tokens; /* INT64_MIN: not known */
    unsigned flags;                            /* enum ai_flag (parley/ai/ask.h) */
    struct list flag_names;                    /* struct str: the names of those that are set */
    struct model_price price;
    int64_t bytes_per_token_milli; /* parley/ai/estimate.h */
    int64_t fallback_id;           /* integer key; 0: none */
    struct uuid fallback;          /* all zero: none */
    bool is_manual, enabled;
    int64_t seen_us; /* when the provider's list had it last; 0: never */
    int64_t version, created_us, updated_us;
};

/* The names of enum ai_flag's bits, as clients know them, the lowest first, NULL-ended. */
extern const char *const model_flag_names[];
/* Names (struct str) as bits; false: one is none. */
bool model_flags_read(const struct list *names, unsigned *ret_flags);

/* As sent. What is not in `fields` is left as it is (when made: its default). */
enum model_field {
    MODEL_NAME = 1,
    MODEL_CONTEXT_TOKENS = 2,
    MODEL_MAX_OUTPUT_TOKENS = 4,
    MODEL_FLAGS = 8,
    MODEL_PRICE = 16,
    MODEL_FALLBACK = 32,
    MODEL_ENABLED = 64,
};
struct model_settings {
    unsigned fields; /* enum model_field */
    struct str name;
    int64_t context_tokens, max_output_tokens;
    unsigned flags;
    struct model_price price;
    struct uuid fallback; /* all zero: none */
    bool enabled;
};

/* struct model of one provider, by what it calls them. */
enum err model_list(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                    struct list *ret_list) MUST_CHECK;
/* ERR_MODEL_NOT_FOUND. */
enum err model_get(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                   const struct uuid *model, struct model *ret_model) MUST_CHECK;

/*
 * Writes one by hand, for a provider that has no list, or not this one in it. ERR_NAME_TAKEN: there is one; ERR_LIMIT;
 * ERR_MODEL_NOT_FOUND: the fallback is none that its owner may use; ERR_INVALID: it falls back to itself.
 */
enum err model_create(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      struct str model, const struct model_settings *settings, struct model *ret_model) MUST_CHECK;
/* if_version 0: any. Errors as of model_create; ERR_PRECONDITION. */
enum err model_update(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      const struct uuid *model, int64_t if_version, const struct model_settings *settings,
                      struct model *ret_model) MUST_CHECK;
/* Deletes one; the provider's list brings it back at its next test. ERR_MODEL_NOT_FOUND, ERR_PRECONDITION. */
enum err model_delete(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      const struct uuid *model, int64_t if_version) MUST_CHECK;

#endif
