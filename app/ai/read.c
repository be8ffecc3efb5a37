#include "parley/ai/read.h"

#include "mend.h"
#include "parley/ai/kinds.h"
#include "parley/core/limits.h"
#include "read_private.h"

static enum err on_event(void *arg, struct str event, struct str data)
{
    struct ai_read *read = arg;
    enum err e;

    data = str_trim(data);
    if (data.len == 0 || read->is_ended || read->fault != AI_FAULT_NONE)
        return ERR_OK;
    e = read->ops->event_read(read, event, data);
    arena_reset(read->scratch);
    return e;
}

void ai_read_init(struct ai_read *read, const struct provider_ops *ops, struct arena *scratch)
{
    *read = (struct ai_read){ .ops = ops, .scratch = scratch };
    sse_init(&read->sse, on_event, read);
    buf_init(&read->text, 2 * AI_ANSWER_MAX_BYTES);
    buf_init(&read->reasoning, 2 * AI_ANSWER_MAX_BYTES);
    buf_init(&read->think_held, 2 * AI_ANSWER_MAX_BYTES);
}

void ai_read_release(struct ai_read *read)
{
    sse_release(&read->sse);
    buf_release(&read->text);
    buf_release(&read->reasoning);
    buf_release(&read->think_held);
    ai_read_calls_release(read);
}

/* ---- the stream ---- */

static void failed(struct ai_read *read, enum err e)
{
    if (e == ERR_OK)
        e = buf_check(&read->text);
    if (e == ERR_OK)
        e = buf_check(&read->reasoning);
    if (e != ERR_OK)
        ai_read_fault(read, e == ERR_TOO_LARGE ? AI_FAULT_TOO_LONG : AI_FAULT_OUT_OF_MEMORY);
}

void ai_read_add(struct ai_read *read, struct str bytes)
{
    if (!read->is_ended && read->fault == AI_FAULT_NONE)
        failed(read, sse_add(&read->sse, bytes));
}

void ai_read_end(struct ai_read *read)
{
    read->is_last = true;
    if (!read->is_ended && read->fault == AI_FAULT_NONE)
        failed(read, sse_end(&read->sse));
    ai_read_flush(read);
    if (!read->has_event || (read->finish == AI_FINISH_NONE && read->is_ended && !read->has_token))
        ai_read_fault(read, AI_FAULT_BAD_ANSWER);
    else if (!read->is_ended && read->finish == AI_FINISH_NONE)
        ai_read_fault(read, AI_FAULT_CUT_OFF);
}

/* ---- for the kinds ---- */

void ai_read_fault(struct ai_read *read, enum ai_fault fault)
{
    if (read->fault == AI_FAULT_NONE)
        read->fault = fault;
}

/* An event that is cut in its middle is no answer of its own: the end of the stream is judged. */
static void broken(struct ai_read *read)
{
    if (!read->is_last)
        ai_read_fault(read, AI_FAULT_BAD_ANSWER);
}

/* What ai_fault_of_error is to judge: the event itself where it is called an error, else its member. */
static const struct json_in *error_of(const struct json_in *root, struct str event)
{
    bool is_error = str_eq_c(event, "error") || str_eq_c(text_of(root, "object"), "error");

    return is_error ? root : json_in_member(root, "error");
}

enum err ai_read_json(struct ai_read *read, struct str event, struct str data, const struct json_in **ret_root)
{
    const struct json_in *root = NULL;
    const char *reason;
    enum err e;

    *ret_root = NULL;
    TRY(mend_json(read->scratch, data, &data));
    e = json_in_parse_lenient(read->scratch, data, &root, &reason);
    if (e == ERR_NO_MEMORY)
        return e;
    if (e != ERR_OK || json_in_kind(root) != JSON_OBJECT_KIND) {
        broken(read);
        return ERR_OK;
    }
    read->has_event = true;
    ai_read_fault(read, ai_fault_of_error(error_of(root, event)));
    if (read->fault == AI_FAULT_NONE)
        *ret_root = root;
    return ERR_OK;
}

void ai_read_finish(struct ai_read *read, const struct ai_finish_word *table, struct str word)
{
    if (word.len == 0)
        return;
    while (table->word != NULL && !str_eq_c(word, table->word))
        table++;
    if (table->finish != AI_FINISH_NONE)
        read->finish = table->finish;
    if (read->finish == AI_FINISH_FILTER)
        ai_read_fault(read, AI_FAULT_CONTENT_FILTERED);
}

bool ai_read_tokens(const struct json_in *value, int64_t *inout_tokens)
{
    double tokens;
    enum json_in_kind kind = json_in_kind(value);

    if (kind != JSON_INT_KIND && kind != JSON_REAL_KIND)
        return false;
    tokens = json_in_number(value);
    *inout_tokens = !(tokens > 0) ? 0 : tokens > (double)AI_TOKENS_MAX ? AI_TOKENS_MAX : (int64_t)tokens;
    return true;
}
