#include "parley/domain/assist/recorder.h"

#include <stdlib.h>
#include <time.h>

#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/log.h"
#include "parley/core/thread.h"
#include "provider_environment.h"
#include "recorder_private.h"

#define CHANNEL "answer.stop"

enum { LOOK_MS = 1000, ENVIRONMENT_LOOK_MS = 10000, ID_MAX_CHARS = 20 };

/* ---- what is to be done ---- */

/* Without memory nothing is noted: the rows say it too. */
static void call_put(struct recorder *recorder, struct recorder_call **calls, int64_t id)
{
    struct recorder_call *call = malloc(sizeof(*call));

    if (call == NULL)
        return;
    pthread_mutex_lock(&recorder->lock);
    *call = (struct recorder_call){ *calls, id };
    *calls = call;
    pthread_mutex_unlock(&recorder->lock);
}

static void call_add(struct recorder *recorder, struct recorder_call **calls, int64_t id)
{
    call_put(recorder, calls, id);
    wake_signal(&recorder->wake);
}

/* The one that was noted last; false: there is none. */
static bool call_take(struct recorder *recorder, struct recorder_call **calls, int64_t *ret_id)
{
    struct recorder_call *call;

    pthread_mutex_lock(&recorder->lock);
    call = *calls;
    if (call != NULL)
        *calls = call->next;
    pthread_mutex_unlock(&recorder->lock);
    if (call == NULL)
        return false;
    *ret_id = call->id;
    free(call);
    return true;
}

void recorder_take(struct recorder *recorder, const struct outcome_answer *answers)
{
    for (; answers != NULL; answers = answers->next)
        call_add(recorder, &recorder->begun, answers->generation_id);
}

void recorder_tell_stop(const struct app *app, int64_t message_id)
{
    char text[ID_MAX_CHARS + 1];

    (void)snprintf(text, sizeof(text), "%lld", (long long)message_id);
    bus_publish(app->bus, CHANNEL, str_from(text));
}

/* On the bus's thread, or the publisher's. */
static void on_stop(void *arg, struct str channel, struct str payload)
{
    struct recorder *recorder = arg;
    int64_t message_id;

    (void)channel;
    if (str_to_int64(payload, &message_id) == ERR_OK)
        call_add(recorder, &recorder->stopped, message_id);
}

/* ---- the thread ---- */

static void stop_one(struct recorder *recorder, int64_t message_id)
{
    int64_t id = 0;

    pthread_mutex_lock(&recorder->lock);
    for (const struct answer *answer = recorder->answers; answer != NULL; answer = answer->next)
        if (answer->message_id == message_id)
            id = answer->id;
    pthread_mutex_unlock(&recorder->lock);
    /* Without memory its row is looked at within a second. */
    if (id != 0)
        (void)!engine_cancel(recorder->engine, id);
}

/* What could not be begun is tried again at the next look. */
static enum err begin_all(struct ctx *ctx, struct recorder *recorder)
{
    int64_t id;

    while (call_take(recorder, &recorder->begun, &id)) {
        enum err e = recorder_answer_begin(ctx, recorder, id);

        if (e != ERR_OK) {
            call_put(recorder, &recorder->begun, id);
            return e;
        }
        task_renew(&recorder->task);
    }
    while (call_take(recorder, &recorder->stopped, &id))
        stop_one(recorder, id);
    return ERR_OK;
}

static struct answer *needing_take(struct recorder *recorder, struct ai_need *ret_need)
{
    struct answer *answer;

    pthread_mutex_lock(&recorder->lock);
    for (answer = recorder->answers; answer != NULL && !(answer->needs_body && !answer->has_ended);
         answer = answer->next)
        ;
    if (answer != NULL) {
        answer->needs_body = false;
        *ret_need = answer->need;
    }
    pthread_mutex_unlock(&recorder->lock);
    return answer;
}

static void bodies_give(struct ctx *ctx, struct recorder *recorder)
{
    struct answer *answer;
    struct ai_need need;

    while ((answer = needing_take(recorder, &need)) != NULL) {
        recorder_answer_body(ctx, recorder, answer, &need);
        task_renew(&recorder->task);
    }
}

/* What has come into the environment by a start or a reload gets its rows, by which chats find it. */
static enum err environment_look(struct ctx *ctx, struct recorder *recorder, int64_t now_us)
{
    if (now_us < recorder->environment_us + ENVIRONMENT_LOOK_MS * US_PER_MS)
        return ERR_OK;
    TRY(provider_environment_sync(ctx));
    recorder->environment_us = now_us;
    return ERR_OK;
}

static enum err work(struct recorder *recorder)
{
    struct ctx *ctx = &recorder->task.ctx;
    int64_t now_us = clock_monotonic_us();

    TRY(environment_look(ctx, recorder, now_us));
    bodies_give(ctx, recorder);
    TRY(recorder_finish(ctx, recorder));
    TRY(begin_all(ctx, recorder));
    if (now_us < recorder->looked_us + LOOK_MS * US_PER_MS)
        return ERR_OK;
    recorder->looked_us = now_us;
    return recorder_grow(ctx, recorder);
}

/* A database that is away is asked again a while later; what the engine reports meanwhile is kept. */
static void note_outcome(struct recorder *recorder, enum err outcome)
{
    if (outcome != ERR_OK && !recorder->is_fault_logged)
        log_event(LOG_WARN, "answers cannot be written down", LOG_C("fault", task_sentence(&recorder->task, outcome)));
    if (outcome == ERR_OK && recorder->is_fault_logged)
        log_text(LOG_INFO, "answers can be written down again");
    recorder->is_fault_logged = outcome != ERR_OK;
}

static bool is_idle(struct recorder *recorder)
{
    bool idle;

    pthread_mutex_lock(&recorder->lock);
    idle = recorder->answers == NULL && recorder->begun == NULL;
    pthread_mutex_unlock(&recorder->lock);
    return idle;
}

static int pause_ms(struct recorder *recorder, enum err outcome)
{
    if (recorder->environment_us == 0 && outcome == ERR_OK)
        return 0;
    return is_idle(recorder) && outcome == ERR_OK ? ENVIRONMENT_LOOK_MS : LOOK_MS;
}

/* At the end what the engine has ended is written down, as long as the database answers. */
static void *run(void *arg)
{
    struct recorder *recorder = arg;
    enum err e = ERR_OK;

    while (!atomic_load(&recorder->stopping) || (!is_idle(recorder) && e == ERR_OK)) {
        (void)wake_wait(&recorder->wake, pause_ms(recorder, e));
        task_renew(&recorder->task);
        e = work(recorder);
        note_outcome(recorder, e);
    }
    return NULL;
}

/* ---- beginning and end ---- */

struct recorder *recorder_new(const struct app *app)
{
    struct recorder *recorder = calloc(1, sizeof(*recorder));

    if (recorder == NULL)
        return NULL;
    recorder->app = app;
    recorder->holder = uuid_new_random();
    recorder->wake.fd = recorder->delta_wake.fd = -1;
    if (pthread_mutex_init(&recorder->lock, NULL) != 0) {
        free(recorder);
        return NULL;
    }
    recorder->providers = provider_snapshots_new();
    if (recorder->providers != NULL && wake_init(&recorder->wake) == ERR_OK &&
        wake_init(&recorder->delta_wake) == ERR_OK)
        return recorder;
    recorder_free(recorder);
    return NULL;
}

enum err recorder_start(struct recorder *recorder, struct engine *engine)
{
    recorder->engine = engine;
    TRY(bus_subscribe(recorder->app->bus, CHANNEL, on_stop, recorder));
    TRY(task_begin(&recorder->task, recorder->app));
    TRY(thread_start(WORKER_STACK_BYTES, run, recorder, &recorder->thread));
    recorder->has_thread = true;
    TRY(thread_start(WORKER_STACK_BYTES, delta_run, recorder, &recorder->delta_thread));
    recorder->has_delta_thread = true;
    return ERR_OK;
}

static enum err join(pthread_t thread, bool *has_thread, int max_s)
{
    struct timespec until;

    if (!*has_thread)
        return ERR_OK;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += max_s;
    if (pthread_timedjoin_np(thread, NULL, &until) != 0)
        return ERR_TIMEOUT;
    *has_thread = false;
    return ERR_OK;
}

enum err recorder_stop(struct recorder *recorder, int max_s)
{
    if (recorder->engine != NULL)
        engine_stop(recorder->engine, max_s);
    atomic_store(&recorder->stopping, true);
    wake_signal(&recorder->wake);
    wake_signal(&recorder->delta_wake);
    TRY(join(recorder->thread, &recorder->has_thread, RECORDER_LAST_S));
    return join(recorder->delta_thread, &recorder->has_delta_thread, RECORDER_LAST_S);
}

void recorder_free(struct recorder *recorder)
{
    int64_t id;

    if (recorder == NULL)
        return;
    while (recorder->answers != NULL) {
        struct answer *answer = recorder->answers;
        recorder->answers = answer->next;
        answer_free(answer);
    }
    while (call_take(recorder, &recorder->begun, &id) || call_take(recorder, &recorder->stopped, &id))
        ;
    provider_snapshots_free(recorder->providers);
    task_end(&recorder->task);
    wake_release(&recorder->wake);
    wake_release(&recorder->delta_wake);
    pthread_mutex_destroy(&recorder->lock);
    free(recorder);
}

struct uuid recorder_holder(const struct recorder *recorder)
{
    return recorder->holder;
}

void recorder_stats(struct recorder *recorder, struct recorder_stats *ret_stats)
{
    pthread_mutex_lock(&recorder->lock);
    *ret_stats = (struct recorder_stats){ .answer_count = recorder->answer_count };
    pthread_mutex_unlock(&recorder->lock);
}
