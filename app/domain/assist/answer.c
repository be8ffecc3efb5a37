#include "answer.h"

#include <stdlib.h>

#include "recorder_private.h"

struct answer *answer_new(struct recorder *recorder, int64_t id)
{
    struct answer *answer = calloc(1, sizeof(*answer));

    if (answer == NULL)
        return NULL;
    answer->recorder = recorder;
    answer->id = id;
    buf_init(&answer->texts[AI_TEXT], ANSWER_TEXT_MAX_BYTES);
    buf_init(&answer->texts[AI_REASONING], ANSWER_REASONING_MAX_BYTES);
    return answer;
}

void answer_free(struct answer *answer)
{
    if (answer == NULL)
        return;
    for (size_t i = 0; i < ANSWER_FIELDS; i++)
        buf_release(&answer->texts[i]);
    for (size_t i = 0; i < answer->target_count; i++)
        ai_provider_drop(answer->targets[i].provider);
    free(answer);
}

size_t answer_untold_bytes(const struct answer *answer)
{
    size_t bytes = 0;

    if (answer->audience.is_large)
        return 0;
    for (size_t i = 0; i < ANSWER_FIELDS; i++)
        bytes += answer->texts[i].len - answer->told_bytes[i];
    return bytes;
}

/* ---- on the engine's thread ---- */

/* The first bytes of a text, at most max of them, without the beginning of a character. */
static struct str whole_head(struct str text, size_t max)
{
    size_t len = text.len < max ? text.len : max;

    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--;
    return str_head(text, len);
}

/* What does not fit is not kept; of a text the engine is told so, and ends. */
static void text_add(void *arg, struct str text, enum ai_field field)
{
    struct answer *answer = arg;
    struct recorder *recorder = answer->recorder;
    struct buf *kept = &answer->texts[field];
    bool cut_now;
    struct str fitting;

    pthread_mutex_lock(&recorder->lock);
    fitting = whole_head(text, kept->cap_bytes - kept->len);
    buf_add(kept, fitting);
    cut_now = field == AI_TEXT && fitting.len < text.len && !answer->is_cut;
    answer->is_cut = answer->is_cut || cut_now;
    pthread_mutex_unlock(&recorder->lock);
    wake_signal(&recorder->delta_wake);
    if (cut_now && engine_cancel(recorder->engine, answer->id) != ERR_OK)
        answer->is_cut = true; /* it goes on unread until its own end */
}

static struct str name_copy(struct str name, char *room)
{
    size_t len = name.len < ANSWER_NAME_MAX_BYTES - 1 ? name.len : ANSWER_NAME_MAX_BYTES - 1;

    if (len > 0)
        memcpy(room, name.ptr, len);
    room[len] = '\0';
    return (struct str){ room, len };
}

static void end_note(void *arg, const struct ai_end *end)
{
    struct answer *answer = arg;
    struct recorder *recorder = answer->recorder;

    pthread_mutex_lock(&recorder->lock);
    answer->end = *end;
    answer->end.provider = name_copy(end->provider, answer->end_provider);
    answer->end.model = name_copy(end->model, answer->end_model);
    answer->has_ended = true;
    pthread_mutex_unlock(&recorder->lock);
    wake_signal(&recorder->delta_wake);
    wake_signal(&recorder->wake);
}

struct ai_sink answer_sink(struct answer *answer)
{
    return (struct ai_sink){ .text = text_add, .end = end_note, .arg = answer };
}

void answer_need(void *arg, const struct ai_need *need)
{
    struct answer *answer = arg;
    struct recorder *recorder = answer->recorder;

    pthread_mutex_lock(&recorder->lock);
    answer->needs_body = true;
    answer->need = *need;
    pthread_mutex_unlock(&recorder->lock);
    wake_signal(&recorder->wake);
}
