/* An engine on a loop, the stand-in provider, and answers that remember what came of them. */
#ifndef PARLEY_TESTS_AI_ENGINE_FIXTURE_H
#define PARLEY_TESTS_AI_ENGINE_FIXTURE_H

#include "clock_fixture.h"
#include "provider_fixture.h"

#include <pthread.h>

#include "parley/ai/engine.h"
#include "parley/core/clock.h"
#include "parley/egress/egress.h"

struct fixture {
    struct provider provider; /* the stand-in */
    struct loop *loop;
    struct engine *engine;
    int64_t next_id; /* of orders, and of providers: each test has its own lines */
    atomic_int held_count;
};

/* ---- providers ---- */

struct model {
    struct ai_provider provider;
    struct fixture *fixture;
    char base_url[128];
};

static inline void model_release(struct ai_provider *provider)
{
    atomic_fetch_sub(&((struct model *)provider)->fixture->held_count, 1);
}

/* Of the stand-in, with a path of its own. */
static inline void model_init(struct fixture *f, struct model *model, bool tls, const char *path)
{
    *model = (struct model){ .fixture = f };
    snprintf(model->base_url, sizeof(model->base_url), "http%s://localhost:%d/%s", tls ? "s" : "",
             tls ? f->provider.https : f->provider.http, path);
    model->provider = (struct ai_provider){ .id = ++f->next_id,
                                            .version = 1,
                                            .name = path,
                                            .ops = kinds_find(STR("openai")),
                                            .base_url = model->base_url,
                                            .key = "sk-test",
                                            .trust = EGRESS_OPERATOR,
                                            .max_parallel = 32,
                                            .connect_s = 20,
                                            .first_token_s = 60,
                                            .idle_s = 60,
                                            .total_s = 600,
                                            .user_count = 1,
                                            .release = model_release };
    atomic_fetch_add(&f->held_count, 1);
}

/* ---- answers ---- */

struct answer {
    struct fixture *fixture;
    struct ai_order order;
    struct ai_target targets[AI_ATTEMPTS_MAX];
    bool answers_need; /* with a body that names the target; else nothing comes */
    enum ai_fault need_fault;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf text, reasoning;
    int piece_count, end_count, need_count, released_count;
    struct ai_need need;
    struct ai_end end;
    char provider[64], model[64];
};

static inline void answer_text(void *arg, struct str text, enum ai_field field)
{
    struct answer *answer = arg;

    (void)pthread_mutex_lock(&answer->lock);
    assert_int_equal(answer->end_count, 0);
    buf_add(field == AI_TEXT ? &answer->text : &answer->reasoning, text);
    answer->piece_count++;
    (void)pthread_cond_broadcast(&answer->changed);
    (void)pthread_mutex_unlock(&answer->lock);
}

static inline void answer_end(void *arg, const struct ai_end *end)
{
    struct answer *answer = arg;

    (void)pthread_mutex_lock(&answer->lock);
    answer->end = *end;
    snprintf(answer->provider, sizeof(answer->provider), "%.*s", STR_FMT(end->provider));
    snprintf(answer->model, sizeof(answer->model), "%.*s", STR_FMT(end->model));
    answer->end_count++;
    (void)pthread_cond_broadcast(&answer->changed);
    (void)pthread_mutex_unlock(&answer->lock);
}

static inline void answer_released(void *arg)
{
    struct answer *answer = arg;

    (void)pthread_mutex_lock(&answer->lock);
    answer->released_count++;
    (void)pthread_cond_broadcast(&answer->changed);
    (void)pthread_mutex_unlock(&answer->lock);
}

static inline struct ai_body answer_body(struct answer *answer, const char *text)
{
    return (struct ai_body){ .bytes = str_from(text), .fd = -1, .release = answer_released, .arg = answer };
}

static inline void answer_need(void *arg, const struct ai_need *need)
{
    static const char *const bodies[] = { "{\"body\":0}", "{\"body\":1}", "{\"body\":2}" };
    struct answer *answer = arg;
    struct ai_body body = answer_body(answer, need->is_shorter ? "{\"body\":\"shorter\"}" : bodies[need->target]);

    (void)pthread_mutex_lock(&answer->lock);
    answer->need = *need;
    answer->need_count++;
    (void)pthread_cond_broadcast(&answer->changed);
    (void)pthread_mutex_unlock(&answer->lock);
    if (answer->answers_need)
        assert_ok(engine_body(answer->fixture->engine, answer->order.id, &body, answer->need_fault));
}

/* One model to ask; answer_fall_back adds more. */
static inline void answer_init(struct fixture *f, struct answer *answer, struct model *model)
{
    memset(answer, 0, sizeof(*answer));
    answer->fixture = f;
    (void)pthread_mutex_init(&answer->lock, NULL);
    (void)pthread_cond_init(&answer->changed, NULL);
    buf_init(&answer->text, 16 * MIB);
    buf_init(&answer->reasoning, 16 * MIB);
    answer->targets[0] = (struct ai_target){ &model->provider, "tiny" };
    answer->answers_need = true;
    answer->order = (struct ai_order){ .id = ++f->next_id,
                                       .user_id = 1,
                                       .targets = answer->targets,
                                       .target_count = 1,
                                       .first_body = answer_body(answer, "{\"body\":\"first\"}"),
                                       .request_id = "request-7",
                                       .sink = { answer_text, answer_end, answer },
                                       .need_body = answer_need };
}

static inline void answer_fall_back(struct answer *answer, struct model *model)
{
    answer->targets[answer->order.target_count++] = (struct ai_target){ &model->provider, "other" };
}

static inline void answer_start(struct answer *answer)
{
    assert_ok(engine_start(answer->fixture->engine, &answer->order));
}

static inline void answer_wait(struct answer *answer)
{
    struct timespec until = clock_deadline(clock_monotonic_us() + PROVIDER_PATIENCE_MS * US_PER_MS);

    if (pthread_cond_clockwait(&answer->changed, &answer->lock, CLOCK_MONOTONIC, &until) != 0)
        fail_msg("nothing came of an answer; so far: %s\n", answer->text.ptr);
}

static inline void answer_await_text(struct answer *answer, const char *text)
{
    (void)pthread_mutex_lock(&answer->lock);
    while (strstr(answer->text.ptr, text) == NULL && answer->end_count == 0)
        answer_wait(answer);
    assert_non_null(strstr(answer->text.ptr, text));
    (void)pthread_mutex_unlock(&answer->lock);
}

static inline bool answer_has_ended(struct answer *answer)
{
    bool has;

    (void)pthread_mutex_lock(&answer->lock);
    has = answer->end_count > 0;
    (void)pthread_mutex_unlock(&answer->lock);
    return has;
}

static inline void answer_await_need(struct answer *answer)
{
    (void)pthread_mutex_lock(&answer->lock);
    while (answer->need_count == 0)
        answer_wait(answer);
    (void)pthread_mutex_unlock(&answer->lock);
}

/* Its end, as wanted. */
static inline void answer_await_end(struct answer *answer, enum ai_outcome outcome, enum ai_fault fault)
{
    (void)pthread_mutex_lock(&answer->lock);
    while (answer->end_count == 0)
        answer_wait(answer);
    (void)pthread_mutex_unlock(&answer->lock);
    if (answer->end.outcome != outcome || answer->end.fault != fault)
        fail_msg("ended with %d, %s; wanted %d, %s\n", answer->end.outcome, ai_fault_row(answer->end.fault)->code,
                 outcome, ai_fault_row(fault)->code);
}

static inline void answer_run(struct answer *answer, enum ai_outcome outcome, enum ai_fault fault)
{
    answer_start(answer);
    answer_await_end(answer, outcome, fault);
}

/* Waits until all bodies that it gave are released: nothing of it is left. */
static inline void answer_release(struct answer *answer)
{
    bool gives = answer->answers_need && answer->need_fault == AI_FAULT_NONE;

    (void)pthread_mutex_lock(&answer->lock);
    while (answer->released_count < 1 + (gives ? answer->need_count : 0))
        answer_wait(answer);
    assert_int_equal(answer->end_count, 1);
    (void)pthread_mutex_unlock(&answer->lock);
    buf_release(&answer->text);
    buf_release(&answer->reasoning);
    (void)pthread_cond_destroy(&answer->changed);
    (void)pthread_mutex_destroy(&answer->lock);
}

/* ---- figures ---- */

static inline struct engine_stats stats_of(struct fixture *f)
{
    struct engine_stats stats;

    engine_stats(f->engine, &stats);
    return stats;
}

/* How many requests had this path. */
static inline int asked_count(struct fixture *f, const char *path)
{
    char wanted[128];

    snprintf(wanted, sizeof(wanted), "\"path\": \"/%s/chat/completions\"", path);
    provider_tell(&f->provider, "{'go': 'nothing'}"); /* all that came before is heard */
    return provider_count(&f->provider, wanted);
}

/* ---- time ---- */

#ifdef TEST_CLOCK
static int64_t ahead_us;

static inline void nothing_run(struct loop_item *item)
{
    free(item);
}

/* Lets time pass, and the loop see it. */
static inline void pass_s(struct fixture *f, int64_t s)
{
    struct loop_item *item = malloc(sizeof(*item));

    ahead_us += s * US_PER_S;
    clock_set_ahead(ahead_us);
    item->run = nothing_run;
    loop_post(f->loop, item);
}
#endif

/* ---- beginning and end ---- */

static inline int engine_setup(void **state)
{
    static struct fixture f;

    if (clock_setup(state) != 0 || egress_init() != ERR_OK)
        return -1;
    provider_start(&f.provider);
    if (loop_new(f.provider.ca, &f.loop) != ERR_OK || engine_new(f.loop, &f.engine) != ERR_OK)
        return -1;
    *state = &f;
    return 0;
}

static inline int engine_teardown(void **state)
{
    struct fixture *f = *state;

    engine_stop(f->engine, 0);
    loop_free(f->loop);
    engine_free(f->engine);
    provider_stop(&f->provider);
    egress_cleanup();
    return 0;
}

#endif
