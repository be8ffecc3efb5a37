/*
 * What answers grow by, told to open streams as message.delta: the first piece at once, then each DELTA_PAUSE_MS, or as soon
 * as DELTA_BYTES wait. A thread of its own, so that no database is waited for.
 */
#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/live/signal.h"
#include "recorder_private.h"

enum {
    DELTA_PAUSE_MS = 20,
    DELTA_BYTES = 4096,
    DELTA_MAX_BYTES = 16384,  /* of one piece */
    DELTA_TEXT_BYTES = 131072 /* … as JSON: six times as much where each letter is escaped */
};

/* A piece of an answer, apart from it, since the answer may go while it is told. */
struct delta {
    struct uuid message, chat;
    enum ai_field field;
    int64_t offset; /* in code points */
    struct live_event event;
    int64_t ids[SIGNAL_MEMBERS_MAX];
    size_t len;
    char text[DELTA_MAX_BYTES];
};

/* ---- under the lock ---- */

/* INT64_MAX: nothing waits. */
static int64_t due_us(const struct answer *answer)
{
    size_t bytes = answer_untold_bytes(answer);

    if (bytes == 0)
        return INT64_MAX;
    if (bytes >= DELTA_BYTES || answer->told_us == 0 || answer->has_ended)
        return 0;
    return answer->told_us + DELTA_PAUSE_MS * US_PER_MS;
}

static void address(const struct answer *answer, struct delta *delta)
{
    const struct answer_audience *audience = &answer->audience;

    delta->message = answer->message;
    delta->chat = answer->chat;
    memcpy(delta->ids, audience->ids, audience->count * sizeof(delta->ids[0]));
    delta->event = (struct live_event){
        .audience = audience->is_everyone ? LIVE_TO_WORKSPACE : LIVE_TO_MEMBERS,
        .is_delta = true,
        .workspace_id = answer->workspace_id,
        .chat_id = answer->chat_id,
        .member_ids = delta->ids,
        .member_count = audience->is_everyone ? 0 : audience->count,
    };
}

/* The reasoning goes first, as it comes first. */
static void piece_take(struct answer *answer, int64_t now_us, struct delta *delta)
{
    enum ai_field field = answer->told_bytes[AI_REASONING] < answer->texts[AI_REASONING].len ? AI_REASONING : AI_TEXT;
    struct str rest = str_tail(buf_str(&answer->texts[field]), answer->told_bytes[field]);
    size_t len = rest.len < DELTA_MAX_BYTES ? rest.len : DELTA_MAX_BYTES;

    while (len < rest.len && ((unsigned char)rest.ptr[len] & 0xC0) == 0x80)
        len--;
    address(answer, delta);
    delta->field = field;
    delta->offset = answer->told_points[field];
    delta->len = len;
    memcpy(delta->text, rest.ptr, len);
    answer->told_bytes[field] += len;
    answer->told_points[field] += (int64_t)str_code_points(str_head(rest, len));
    answer->told_us = now_us;
}

/* Takes one piece that is due; where none is, *ret_due_us says when the next one will be. */
static bool next_take(struct recorder *recorder, struct delta *delta, int64_t *ret_due_us)
{
    int64_t now_us = clock_monotonic_us(), next_us = INT64_MAX;
    bool taken = false;

    pthread_mutex_lock(&recorder->lock);
    for (struct answer *answer = recorder->answers; answer != NULL && !taken; answer = answer->next) {
        int64_t at_us = due_us(answer);

        taken = at_us <= now_us;
        if (taken)
            piece_take(answer, now_us, delta);
        if (taken && answer->has_ended)
            wake_signal(&recorder->wake); /* its end waits for that */
        else if (at_us < next_us)
            next_us = at_us;
    }
    pthread_mutex_unlock(&recorder->lock);
    *ret_due_us = next_us;
    return taken;
}

/* ---- outside of it ---- */

static void tell(struct recorder *recorder, const struct delta *delta)
{
    struct json_out json;
    struct buf text;

    buf_init(&text, DELTA_TEXT_BYTES);
    buf_add_c(&text, "event: message.delta\ndata: ");
    json_out_init(&json, &text);
    json_out_object(&json);
    json_out_kv_uuid(&json, "message_id", &delta->message);
    json_out_kv_uuid(&json, "chat_id", &delta->chat);
    json_out_kv_c(&json, "field", delta->field == AI_TEXT ? "content" : "reasoning");
    json_out_kv_int(&json, "offset", delta->offset);
    json_out_kv_str(&json, "text", (struct str){ delta->text, delta->len });
    json_out_object_end(&json);
    buf_add_byte(&text, '\n');
    /* Without memory they miss a piece, and read the message. */
    if (buf_check(&text) == ERR_OK)
        signal_send(recorder->app->bus, &delta->event, buf_str(&text));
    buf_release(&text);
}

static int pause_ms(int64_t due_at_us)
{
    int64_t left_us = due_at_us - clock_monotonic_us();

    if (due_at_us == INT64_MAX)
        return -1;
    return left_us <= 0 ? 0 : (int)(left_us / US_PER_MS) + 1;
}

void *delta_run(void *arg)
{
    struct recorder *recorder = arg;
    struct delta delta;
    int64_t next_us;

    while (!atomic_load(&recorder->stopping)) {
        while (next_take(recorder, &delta, &next_us))
            tell(recorder, &delta);
        (void)wake_wait(&recorder->delta_wake, pause_ms(next_us));
    }
    return NULL;
}
