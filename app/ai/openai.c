/*
 * Chat completions as OpenAI made them and vLLM, llama.cpp, Ollama, OpenRouter, LiteLLM and others speak them, each with habits of
 * its own: choices that are empty or missing, a usage beside choices, a finish beside text, reasoning under two names.
 */
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

    (void)content_type;
    json_out_object(json);
    json_out_kv_c(json, "type", "image_url");
    json_out_key(json, "image_url");
    json_out_object(json);
    at = body_open_string(json, "url", data_prefix);
    json_out_object_end(json);
    json_out_object_end(json);
    return at;
}

static const struct body_shape shape = {
    .roles = { [AI_USER] = "user", [AI_ASSISTANT] = "assistant" },
    .content = "content",
    .system = "system",
    .plain_text = true,
    .text_write = text_write,
    .image_write = image_write,
};

enum err openai_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces)
{
    struct json_out json;
    enum err e;

    ret_pieces->count = 0;
    json_out_init(&json, body);
    json_out_object(&json);
    json_out_kv_str(&json, "model", ask->model);
    json_out_key(&json, "messages");
    e = body_messages_write(&shape, ask, &json, ret_pieces);
    json_out_kv_bool(&json, "stream", true);
    json_out_kv_int(&json, ask->flags & AI_MAX_COMPLETION_TOKENS ? "max_completion_tokens" : "max_tokens",
                    ask->max_tokens);
    if (ask->has_temperature) {
        json_out_key(&json, "temperature");
        json_out_real(&json, ask->temperature);
    }
    if (ask->flags & AI_USAGE_IN_STREAM) {
        json_out_key(&json, "stream_options");
        json_out_object(&json);
        json_out_kv_bool(&json, "include_usage", true);
        json_out_object_end(&json);
    }
    json_out_object_end(&json);
    return e != ERR_OK ? e : buf_check(body);
}

/* ---- the answer ---- */

static const struct ai_finish_word finishes[] = {
    { "stop", AI_FINISH_STOP },
    { "length", AI_FINISH_LENGTH },
    { "model_length", AI_FINISH_LENGTH }, /* Mistral */
    { "tool_calls", AI_FINISH_TOOLS },
    { "function_call", AI_FINISH_TOOLS },
    { "content_filter", AI_FINISH_FILTER },
    { NULL, AI_FINISH_STOP },
};

static void usage_read(struct ai_read *read, const struct json_in *usage)
{
    struct ai_usage u = { .is_known = true };

    if (json_in_kind(usage) != JSON_OBJECT_KIND)
        return;
    (void)ai_read_tokens(json_in_member(usage, "prompt_tokens"), &u.prompt);
    (void)ai_read_tokens(json_in_member(usage, "completion_tokens"), &u.completion);
    (void)ai_read_tokens(json_in_member(usage, "prompt_cache_hit_tokens"), &u.cached); /* DeepSeek */
    (void)ai_read_tokens(json_in_member(json_in_member(usage, "prompt_tokens_details"), "cached_tokens"), &u.cached);
    (void)ai_read_tokens(json_in_member(json_in_member(usage, "completion_tokens_details"), "reasoning_tokens"),
                         &u.reasoning);
    read->usage = u;
}

static void calls_read(struct ai_read *read, const struct json_in *calls)
{
    const struct json_in *call, *function;
    struct ai_call_delta delta;

    for (size_t i = 0; i < json_in_count(calls); i++) {
        call = json_in_at(calls, i);
        function = json_in_member(call, "function");
        delta = (struct ai_call_delta){
            .index = json_in_member(call, "index"),
            .id = text_of(call, "id"),
            .name = text_of(function, "name"),
            .arguments = text_of(function, "arguments"),
        };
        ai_read_call(read, &delta);
    }
}

/* A content of parts: Mistral's models that think. */
static void parts_read(struct ai_read *read, const struct json_in *parts)
{
    const struct json_in *part, *thinking;

    for (size_t i = 0; i < json_in_count(parts); i++) {
        part = json_in_at(parts, i);
        thinking = json_in_member(part, "thinking");
        ai_read_text(read, text_of(part, "text"));
        for (size_t j = 0; j < json_in_count(thinking); j++)
            ai_read_reasoning(read, text_of(json_in_at(thinking, j), "text"));
    }
}

static void delta_read(struct ai_read *read, const struct json_in *delta)
{
    const struct json_in *content = json_in_member(delta, "content");
    struct str reasoning = text_of(delta, "reasoning_content");

    /* Some send the same under both names. */
    ai_read_reasoning(read, reasoning.len > 0 ? reasoning : text_of(delta, "reasoning"));
    if (json_in_kind(content) == JSON_ARRAY_KIND)
        parts_read(read, content);
    else
        ai_read_text(read, json_in_string(content));
    ai_read_text(read, text_of(delta, "refusal"));
    calls_read(read, json_in_member(delta, "tool_calls"));
}

static void choice_read(struct ai_read *read, const struct json_in *choice)
{
    const struct json_in *delta = json_in_member(choice, "delta");
    struct str finish = text_of(choice, "finish_reason");

    /* One answer is asked for; another beside it is not ours. */
    if (json_in_integer(json_in_member(choice, "index")) != 0)
        return;
    delta_read(read, delta != NULL ? delta : json_in_member(choice, "message"));
    if (str_eq_c(finish, "error")) /* OpenRouter */
        ai_read_fault(read, AI_FAULT_SERVICE_ERROR);
    else
        ai_read_finish(read, finishes, finish);
}

enum err openai_event_read(struct ai_read *read, struct str event, struct str data)
{
    const struct json_in *root, *choices;

    if (str_starts_with(data, STR("[DONE]"))) {
        read->is_ended = true;
        return ERR_OK;
    }
    TRY(ai_read_json(read, event, data, &root));
    choices = json_in_member(root, "choices");
    for (size_t i = 0; i < json_in_count(choices); i++)
        choice_read(read, json_in_at(choices, i));
    usage_read(read, json_in_member(root, "usage"));
    return ERR_OK;
}
