/* Messages as Anthropic made them: a system prompt with a place of its own, blocks that begin and end, usage in two parts. */
#include "body.h"
#include "read_private.h"
#include "rows.h"

/* ---- the question ---- */

static void text_write(struct json_out *json, struct str text)
{
    json_out_object(json);
    json_out_kv_c(json, "type", "text");
    json_out_kv_str(json, "text", text);
    json_out_object_end(json);
}

static size_t image_write(struct json_out *json, struct str content_type, struct str data_prefix)
{
    size_t at;

    (void)data_prefix;
    json_out_object(json);
    json_out_kv_c(json, "type", "image");
    json_out_key(json, "source");
    json_out_object(json);
    json_out_kv_c(json, "type", "base64");
    json_out_kv_str(json, "media_type", content_type);
    at = body_open_string(json, "data", STR(""));
    json_out_object_end(json);
    json_out_object_end(json);
    return at;
}

static const struct body_shape shape = {
    .roles = { [AI_USER] = "user", [AI_ASSISTANT] = "assistant" },
    .content = "content",
    .plain_text = true,
    .user_first = true,
    .text_write = text_write,
    .image_write = image_write,
};

enum err anthropic_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces)
{
    struct json_out json;
    struct str system = body_system(ask);
    enum err e;

    ret_pieces->count = 0;
    json_out_init(&json, body);
    json_out_object(&json);
    json_out_kv_str(&json, "model", ask->model);
    json_out_kv_int(&json, "max_tokens", ask->max_tokens);
    if (system.len > 0)
        json_out_kv_str(&json, "system", system);
    json_out_key(&json, "messages");
    e = body_messages_write(&shape, ask, &json, ret_pieces);
    json_out_kv_bool(&json, "stream", true);
    if (ask->has_temperature) {
        json_out_key(&json, "temperature");
        json_out_real(&json, ask->temperature < 1 ? ask->temperature : 1); /* its scale ends there */
    }
    json_out_object_end(&json);
    return e != ERR_OK ? e : buf_check(body);
}

/* ---- the answer ---- */

static const struct ai_finish_word finishes[] = {
    { "end_turn", AI_FINISH_STOP },     { "stop_sequence", AI_FINISH_STOP },
    { "max_tokens", AI_FINISH_LENGTH }, { "model_context_window_exceeded", AI_FINISH_LENGTH },
    { "tool_use", AI_FINISH_TOOLS },    { "refusal", AI_FINISH_FILTER },
    { NULL, AI_FINISH_STOP },
};

/*
 * Counts are of the whole answer so far, and stand where they were told last. What was read from the cache or written to it is not
 * among input_tokens.
 */
static void usage_read(struct ai_read *read, const struct json_in *usage)
{
    int64_t input = 0, created = 0;

    if (json_in_kind(usage) != JSON_OBJECT_KIND)
        return;
    if (ai_read_tokens(json_in_member(usage, "input_tokens"), &input)) {
        read->usage.cached = 0;
        (void)ai_read_tokens(json_in_member(usage, "cache_read_input_tokens"), &read->usage.cached);
        (void)ai_read_tokens(json_in_member(usage, "cache_creation_input_tokens"), &created);
        read->usage.prompt = input + read->usage.cached + created;
    }
    (void)ai_read_tokens(json_in_member(usage, "output_tokens"), &read->usage.completion);
    read->usage.is_known = true;
}

static void call_read(struct ai_read *read, const struct json_in *root, struct str arguments)
{
    const struct json_in *block = json_in_member(root, "content_block");
    const struct ai_call_delta delta = {
        .index = json_in_member(root, "index"),
        .id = text_of(block, "id"),
        .name = text_of(block, "name"),
        .arguments = arguments,
    };
    ai_read_call(read, &delta);
}

static void message_start(struct ai_read *read, const struct json_in *root)
{
    usage_read(read, json_in_member(json_in_member(root, "message"), "usage"));
}

static void block_start(struct ai_read *read, const struct json_in *root)
{
    const struct json_in *block = json_in_member(root, "content_block");

    if (str_eq_c(text_of(block, "type"), "tool_use"))
        call_read(read, root, (struct str){ 0 });
    ai_read_text(read, text_of(block, "text"));
    ai_read_reasoning(read, text_of(block, "thinking"));
}

static void block_delta(struct ai_read *read, const struct json_in *root)
{
    const struct json_in *delta = json_in_member(root, "delta");
    struct str arguments = text_of(delta, "partial_json");

    ai_read_text(read, text_of(delta, "text"));
    ai_read_reasoning(read, text_of(delta, "thinking"));
    if (arguments.len > 0)
        call_read(read, root, arguments);
}

static void message_delta(struct ai_read *read, const struct json_in *root)
{
    usage_read(read, json_in_member(root, "usage"));
    ai_read_finish(read, finishes, text_of(json_in_member(root, "delta"), "stop_reason"));
}

static void message_stop(struct ai_read *read, const struct json_in *root)
{
    (void)root;
    read->is_ended = true;
}

/* Others, "ping" and "content_block_stop" among them, say nothing. */
static const struct event {
    const char *type;
    void (*read)(struct ai_read *read, const struct json_in *root);
} events[] = {
    { "content_block_delta", block_delta }, { "content_block_start", block_start }, { "message_start", message_start },
    { "message_delta", message_delta },     { "message_stop", message_stop },
};

enum err anthropic_event_read(struct ai_read *read, struct str event, struct str data)
{
    const struct json_in *root;
    struct str type;

    TRY(ai_read_json(read, event, data, &root));
    type = text_of(root, "type");
    for (size_t i = 0; i < COUNT_OF(events); i++)
        if (str_eq_c(type, events[i].type))
            events[i].read(read, root);
    return ERR_OK;
}
