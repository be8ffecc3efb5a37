#include "engine_private.h"

#include "parley/ai/fault.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"

enum { HEADERS_MAX = 7, HTTP_OK = 200, LINE_MAX_BYTES = 128, URL_MAX_BYTES = 8192 };

/* ---- what comes back ---- */

void attempt_give(struct generation *generation)
{
    struct ai_read *read = &generation->read;
    const struct ai_sink *sink = &generation->sink;

    if (read->has_token && generation->first_token_us == 0) {
        generation->first_token_us = clock_monotonic_us();
        if (generation->is_trying)
            breaker_good(&generation->line->breaker, generation->first_token_us);
        generation->is_trying = false;
    }
    if (read->reasoning.len > 0)
        sink->text(sink->arg, buf_str(&read->reasoning), AI_REASONING);
    if (read->text.len > 0)
        sink->text(sink->arg, buf_str(&read->text), AI_TEXT);
    buf_clear(&read->reasoning);
    buf_clear(&read->text);
}

/* Nothing more comes. */
static enum ai_fault read_end(struct generation *generation)
{
    ai_read_end(&generation->read);
    attempt_give(generation);
    return generation->read.fault;
}

/* Does what was read end the attempt? The last thing that is done with the generation. */
static void judge_read(struct generation *generation)
{
    enum ai_fault fault = generation->read.fault;

    if (fault == AI_FAULT_NONE && generation->read.is_ended) {
        fault = read_end(generation);
        if (fault == AI_FAULT_NONE) {
            generation_complete(generation);
            return;
        }
    }
    if (fault != AI_FAULT_NONE) {
        generation_failed(generation, fault, false);
    } else if (generation->read.finish != AI_FINISH_NONE && generation->finish_us == 0) {
        generation->finish_us = generation->life_us;
        generation_timer_set(generation);
    }
}

static void reply_keep(struct generation *generation, struct str bytes)
{
    buf_add(&generation->reply, str_head(bytes, AI_ERROR_BODY_BYTES - generation->reply.len));
}

static void on_body(void *arg, int status, struct str bytes)
{
    struct generation *generation = arg;

    if (generation->state == GENERATION_TOLD)
        return;
    generation->life_us = clock_monotonic_us();
    if (status != HTTP_OK || (!generation->is_stream && !generation->read.has_event))
        reply_keep(generation, bytes);
    if (status != HTTP_OK)
        return;
    ai_read_add(&generation->read, bytes);
    attempt_give(generation);
    judge_read(generation);
}

static void on_header(void *arg, struct str name, struct str value)
{
    struct generation *generation = arg;
    int64_t wait_ms = ai_fault_retry_after_ms(name, value, clock_now_us());

    if (wait_ms >= 0)
        generation->retry_after_ms = wait_ms;
    if (str_eq_nocase(name, STR("content-type")))
        generation->is_stream = str_eq_nocase(str_head(value, strlen("text/event-stream")), STR("text/event-stream"));
}

/* ---- how it ended ---- */

static enum ai_fault fault_of_loop(enum loop_fault fault)
{
    switch (fault) {
    case LOOP_TLS: return AI_FAULT_TLS;
    case LOOP_LOCAL: return AI_FAULT_OUT_OF_MEMORY;
    case LOOP_CUT: return AI_FAULT_CUT_OFF;
    default: return AI_FAULT_UNREACHABLE;
    }
}

/* A stream that ended, in whatever way; a 200 that was none says perhaps why. */
static enum ai_fault fault_of_stream(struct generation *generation, enum loop_fault ended)
{
    enum ai_fault fault = read_end(generation);

    if (fault == AI_FAULT_NONE || generation->read.has_event)
        return fault;
    if (ended == LOOP_CUT)
        return AI_FAULT_CUT_OFF;
    fault = ai_fault_of_reply(generation->engine->scratch, HTTP_OK, buf_str(&generation->reply));
    arena_reset(generation->engine->scratch);
    return fault;
}

static enum ai_fault fault_of_end(struct generation *generation, const struct loop_end *end)
{
    enum ai_fault fault;

    if (end->status == 0 || end->fault == LOOP_LOCAL)
        return fault_of_loop(end->fault);
    if (end->status == HTTP_OK)
        return fault_of_stream(generation, end->fault);
    fault = ai_fault_of_reply(generation->engine->scratch, end->status, buf_str(&generation->reply));
    arena_reset(generation->engine->scratch);
    return fault;
}

/* Refusals that say when to come back carry no bill. */
static bool is_unbilled(const struct generation *generation, const struct loop_end *end)
{
    bool is_refusal = end->status == 429 || end->status == 503 || end->status == 529;

    if (end->status == 0)
        return loop_fault_is_untouched(end->fault);
    return is_refusal && generation->retry_after_ms >= 0 && generation->retry_after_ms <= AI_RETRY_AFTER_MAX_MS;
}

static void on_end(void *arg, const struct loop_end *end)
{
    struct generation *generation = arg;
    enum ai_fault fault;

    generation->call = NULL;
    if (generation->state == GENERATION_TOLD) {
        generation_free(generation);
        return;
    }
    fault = fault_of_end(generation, end);
    if (fault == AI_FAULT_NONE)
        generation_complete(generation);
    else
        generation_failed(generation, fault, is_unbilled(generation, end));
}

/* ---- asking ---- */

static void header_add(struct buf *text, const char **headers, size_t *count, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    buf_addf(text, "%s%s", name, value);
    headers[(*count)++] = text->ptr;
}

static enum err request_send(struct generation *generation, const struct ai_target *target, const struct buf *url)
{
    const struct ai_provider *provider = target->provider;
    const struct loop_sink sink = { on_header, on_body, on_end, generation };
    const char *headers[HEADERS_MAX + 1] = { "Content-Type: application/json", "Accept: text/event-stream" };
    const struct loop_request request = { .url = url->ptr,
                                          .headers = headers,
                                          .body = generation->body.bytes,
                                          .body_fd = generation->body.fd,
                                          .body_bytes = generation->body.file_bytes,
                                          .http1 = provider->http1,
                                          .connect_ms = provider->connect_s * 1000,
                                          .trust = provider->trust };
    struct buf key, request_id, traceparent;
    size_t count = 2;
    enum err e;

    buf_init(&key, URL_MAX_BYTES);
    buf_init(&request_id, LINE_MAX_BYTES);
    buf_init(&traceparent, LINE_MAX_BYTES);
    header_add(&key, headers, &count, provider->ops->key_header, provider->key);
    header_add(&request_id, headers, &count, "X-Request-Id: ", generation->request_id);
    header_add(&traceparent, headers, &count, "traceparent: ", generation->traceparent);
    if (provider->ops->header != NULL)
        headers[count++] = provider->ops->header;
    e = buf_check(&key);
    if (e == ERR_OK)
        e = loop_start(generation->engine->loop, &request, &sink, &generation->call);
    secret_wipe(key.ptr, key.len);
    buf_release(&key);
    buf_release(&request_id);
    buf_release(&traceparent);
    return e;
}

void attempt_start(struct generation *generation)
{
    const struct ai_target *target = &generation->targets[generation->target];
    struct buf url;
    enum err e;

    generation->state = GENERATION_RUNNING;
    generation->attempt_count++;
    atomic_fetch_add(&generation->engine->counters.attempts, 1);
    generation->sent_us = generation->life_us = clock_monotonic_us();
    if (generation->first_us == 0)
        generation->first_us = generation->sent_us;
    generation->finish_us = 0;
    generation->retry_after_ms = -1;
    generation->is_stream = false;
    ai_read_init(&generation->read, target->provider->ops, generation->engine->scratch);
    buf_init(&generation->reply, AI_ERROR_BODY_BYTES);
    buf_init(&url, URL_MAX_BYTES);
    kinds_url_write(target->provider->ops, str_from(target->provider->base_url), str_from(target->model), &url);
    e = buf_check(&url);
    if (e == ERR_OK)
        e = request_send(generation, target, &url);
    buf_release(&url);
    if (e == ERR_OK)
        generation_timer_set(generation);
    else
        generation_failed(generation, e == ERR_NO_MEMORY ? AI_FAULT_OUT_OF_MEMORY : AI_FAULT_UNREACHABLE, false);
}

void attempt_drop(struct generation *generation)
{
    if (generation->call != NULL)
        loop_cancel(generation->call);
    generation->call = NULL;
    ai_read_release(&generation->read);
    buf_release(&generation->reply);
}
