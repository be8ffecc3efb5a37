#include "parley/ai/probe.h"

#include <assert.h>
#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/core/json_in.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"
#include "parley/egress/egress.h"

struct ai_probe {
    struct egress *egress;
};

const char *const ai_probe_outcome_names[] = {
    "ok",           "unreachable", "address_refused", "key_refused", "v1_missing", "nothing_there",
    "rate_limited", "failed",      "bad_answer",      NULL
};
static_assert(COUNT_OF(ai_probe_outcome_names) == AI_PROBE_OUTCOME_COUNT_ + 1, "an outcome has no name");

/*
 * What is known of a model by which name: there are few names, and each means one thing wherever it stands. Gemini calls models
 * "models/…" and a name for people displayName.
 */
static const char *const list_names[] = { "data", "models" };
static const char *const model_names[] = { "id", "name" };
static const char *const shown_names[] = { "display_name", "displayName", "name" };
static const char *const context_names[] = { "max_model_len", "context_length", "context_window", "inputTokenLimit",
                                             "max_input_tokens" };
static const char *const output_names[] = { "max_output_tokens", "outputTokenLimit", "max_tokens" };

enum err ai_probe_open(struct ai_probe **ret_probe)
{
    struct ai_probe *probe = calloc(1, sizeof(*probe));

    if (probe == NULL || egress_new(&(struct egress_opts){ .idle_max = 1 }, &probe->egress) != ERR_OK) {
        free(probe);
        return ERR_NO_MEMORY;
    }
    *ret_probe = probe;
    return ERR_OK;
}

void ai_probe_close(struct ai_probe *probe)
{
    if (probe == NULL)
        return;
    egress_free(probe->egress);
    free(probe);
}

/* ---- reading the list ---- */

static struct str text_of(const struct json_in *item, const char *const *names, size_t count)
{
    struct str text = { NULL, 0 };

    for (size_t i = 0; i < count && text.len == 0; i++)
        text = json_in_string(json_in_member(item, names[i]));
    return text.len > 0 && str_code_points(text) <= NAME_MAX_CHARS && !str_has_control(text) ? text
                                                                                             : (struct str){ NULL, 0 };
}

/* 0: it is not said. */
static int64_t tokens_of(const struct json_in *item, const char *const *names, size_t count)
{
    int64_t tokens = 0;

    for (size_t i = 0; i < count && tokens == 0; i++)
        tokens = json_in_integer(json_in_member(item, names[i]));
    return tokens > 0 && tokens <= MODEL_TOKENS_MAX ? tokens : 0;
}

/* False: it has no name by which it can be asked for. */
static bool model_read(const struct json_in *item, struct ai_probe_model *ret_model)
{
    static const char *const engine_names[] = { "n_ctx" };
    struct str model = text_of(item, model_names, COUNT_OF(model_names));
    struct str name = text_of(item, shown_names, COUNT_OF(shown_names));

    if (str_starts_with(model, STR("models/")))
        model = str_tail(model, STR("models/").len);
    if (model.len == 0)
        return false;
    *ret_model = (struct ai_probe_model){
        .model = model,
        .name = name.len > 0 && !str_ends_with(name, model) ? name : model,
        .context_tokens = tokens_of(item, context_names, COUNT_OF(context_names)),
        .max_output_tokens = tokens_of(item, output_names, COUNT_OF(output_names)),
    };
    /* llama.cpp tells in `meta` how much it was started with. */
    if (ret_model->context_tokens == 0)
        ret_model->context_tokens = tokens_of(json_in_member(item, "meta"), engine_names, COUNT_OF(engine_names));
    return true;
}

/* ERR_INVALID: it is no list of models. */
static enum err models_read(struct arena *a, struct str text, struct list *ret_models)
{
    struct list models = { NULL, 0 };
    const struct json_in *root, *list = NULL;
    const char *reason;
    struct str kept = arena_str(a, text);

    TRY(arena_check(a));
    TRY(json_in_parse(a, kept, &root, &reason));
    for (size_t i = 0; i < COUNT_OF(list_names) && list == NULL; i++)
        list = json_in_member(root, list_names[i]);
    if (json_in_kind(list) != JSON_ARRAY_KIND)
        return ERR_INVALID;
    for (size_t i = 0; i < json_in_count(list) && models.count < AI_PROBE_MODELS_MAX; i++) {
        struct ai_probe_model model, *added;

        if (!model_read(json_in_at(list, i), &model))
            continue;
        added = list_add(a, &models, sizeof(*added));
        if (added == NULL)
            return ERR_NO_MEMORY;
        *added = model;
    }
    *ret_models = models;
    return ERR_OK;
}

/* ---- asking ---- */

static enum ai_probe_outcome outcome_of(int status)
{
    switch (status) {
    case 401:
    case 403: return AI_PROBE_KEY_REFUSED;
    case 404:
    case 405: return AI_PROBE_NOTHING_THERE;
    case 429: return AI_PROBE_RATE_LIMITED;
    default: return status == 200 ? AI_PROBE_OK : AI_PROBE_FAILED;
    }
}

/* What egress made of it, into *result. ERR_NO_MEMORY. */
static enum err judge(struct arena *a, enum err e, const struct egress_reply *reply, struct ai_probe_result *result)
{
    result->status = reply->status;
    if (e == ERR_NO_MEMORY)
        return e;
    if (e == ERR_FORBIDDEN || e == ERR_INVALID)
        result->outcome = AI_PROBE_ADDRESS_REFUSED;
    else if (e == ERR_TOO_LARGE)
        result->outcome = AI_PROBE_BAD_ANSWER;
    else if (e != ERR_OK)
        result->outcome = AI_PROBE_UNREACHABLE;
    else
        result->outcome = outcome_of(reply->status);
    if (result->outcome != AI_PROBE_OK)
        return ERR_OK;
    e = models_read(a, buf_str(&reply->body), &result->models);
    if (e == ERR_INVALID) {
        result->outcome = AI_PROBE_BAD_ANSWER;
        return ERR_OK;
    }
    return e;
}

/* One GET of base_url, `more` and the list of models. *ret_why: static, where no answer came. */
static enum err ask(struct ai_probe *probe, struct arena *a, const struct ai_probe_request *request, const char *more,
                    struct ai_probe_result *result, const char **ret_why)
{
    const struct provider_ops *ops = request->ops;
    char *url = arena_printf(a, "%s%s%s", request->base_url, more, ops->models_path);
    char *key = arena_printf(a, "%s%.*s", ops->key_header, STR_FMT(request->key));
    const char *headers[] = { "Accept: application/json", NULL, NULL, NULL };
    struct egress_request get = { .method = "GET",
                                  .url = url,
                                  .headers = headers,
                                  .trust = request->trust,
                                  .connect_timeout_ms = AI_PROBE_CONNECT_MAX_MS,
                                  .total_timeout_ms = AI_PROBE_CALL_MAX_MS };
    struct egress_reply reply;
    size_t count = 1;
    enum err e;

    TRY(arena_check(a));
    if (request->key.len > 0)
        headers[count++] = key;
    if (ops->header != NULL)
        headers[count] = ops->header;
    egress_reply_init(&reply);
    e = judge(a, egress_run(probe->egress, &get, &reply), &reply, result);
    *ret_why = reply.error_text != NULL ? reply.error_text : "no answer came";
    egress_reply_release(&reply);
    secret_wipe(key, strlen(key));
    return e;
}

/* ---- telling ---- */

static const char *plain_advice(enum ai_probe_outcome outcome, bool has_key)
{
    switch (outcome) {
    case AI_PROBE_OK: return "It answers.";
    case AI_PROBE_ADDRESS_REFUSED:
        return "This server does not go to that address: it is of an inner network, or its port is neither 80 nor 443. An "
               "administrator may mark a provider of the server as inner, or name host and port in EGRESS_ALLOW.";
    case AI_PROBE_KEY_REFUSED:
        return has_key ? "The service refused the key. Set one that is good, and that may list models."
                       : "The service wants a key, and none is set.";
    case AI_PROBE_V1_MISSING:
        return "There is no list of models at this address, and there is one with /v1 behind it. Add /v1 to the base address.";
    case AI_PROBE_NOTHING_THERE:
        return "There is no list of models at this address, nor with /v1 behind it. Look at the base address; if the service "
               "has no such list, write its models by hand.";
    case AI_PROBE_RATE_LIMITED: return "The service answers that it was asked too often. Try again later.";
    case AI_PROBE_BAD_ANSWER:
        return "What answers there sends no list of models. Look at the kind and at the base address.";
    default: return NULL;
    }
}

static enum err advise(struct arena *a, const struct ai_probe_request *request, const char *why,
                       struct ai_probe_result *result)
{
    const char *advice = plain_advice(result->outcome, request->key.len > 0);
    bool is_tls = str_starts_with(str_from(request->base_url), STR("https:"));

    if (advice == NULL && result->outcome == AI_PROBE_UNREACHABLE)
        advice = arena_printf(
            a, "The service cannot be reached: %s. Look at host and port, and whether the service %s.", why,
            is_tls ? "speaks TLS (https) with a certificate that is trusted" : "speaks http without TLS");
    else if (advice == NULL)
        advice = arena_printf(a, "The service answered with status %d. Look at its own log.", result->status);
    result->advice = str_from(advice);
    return arena_check(a);
}

/* Whoever names the server without its path forgets /v1: it is tried, so that the advice is a sure one. */
static enum err try_v1(struct ai_probe *probe, struct arena *a, const struct ai_probe_request *request,
                       struct ai_probe_result *result)
{
    struct ai_probe_result second = { .outcome = AI_PROBE_OK };
    const char *why;

    TRY(ask(probe, a, request, "/v1", &second, &why));
    if (second.outcome != AI_PROBE_OK)
        return ERR_OK;
    result->outcome = AI_PROBE_V1_MISSING;
    result->models = second.models;
    return ERR_OK;
}

enum err ai_probe_run(struct ai_probe *probe, struct arena *a, const struct ai_probe_request *request,
                      struct ai_probe_result *ret_result)
{
    struct ai_probe_result result = { .outcome = AI_PROBE_OK };
    int64_t began_us = clock_monotonic_us();
    const char *why = NULL;

    TRY(ask(probe, a, request, "", &result, &why));
    if (result.outcome == AI_PROBE_NOTHING_THERE)
        TRY(try_v1(probe, a, request, &result));
    result.duration_us = clock_monotonic_us() - began_us;
    TRY(advise(a, request, why, &result));
    *ret_result = result;
    return ERR_OK;
}
