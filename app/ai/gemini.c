/* streamGenerateContent of Google's Gemini API: each event a whole reply with the next parts; the end is the connection's. */
#include "body.h"
#include "parley/core/limits.h"
#include "read_private.h"
#include "rows.h"

/* ---- the question ---- */

static void text_write(struct json_out *json, struct str text)
{
    json_out_object(json);
    json_out_kv_str(json, "text", text);
    json_out_object_end(json);
}

static size_t image_write(struct json_out *json, struct str content_type, struct str data_prefix)
{
    size_t at;

    (void)data_prefix;
    json_out_object(json);
    json_out_key(json, "inlineData");
    json_out_object(json);
    json_out_kv_str(json, "mimeType", content_type);
    at = body_open_string(json, "data", STR(""));
    json_out_object_end(json);
    json_out_object_end(json);
    return at;
}

static const struct body_shape shape = {
    .roles = { [AI_USER] = "user", [AI_ASSISTANT] = "model" },
    .content = "parts",
    .user_first = true,
    .text_write = text_write,
    .image_write = image_write,
};

static void system_write(struct json_out *json, struct str system)
{
    json_out_key(json, "systemInstruction");
    json_out_object(json);
    json_out_key(json, "parts");
    json_out_array(json);
    text_write(json, system);
    json_out_array_end(json);
    json_out_object_end(json);
}

static void parameters_write(struct json_out *json, const struct ai_ask *ask)
{
    json_out_key(json, "generationConfig");
    json_out_object(json);
    json_out_kv_int(json, "maxOutputTokens", ask->max_tokens);
    if (ask->has_temperature) {
        json_out_key(json, "temperature");
        json_out_real(json, ask->temperature);
    }
    json_out_object_end(json);
}

/* The model's name is in the path. */
enum err gemini_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces)
{
    struct json_out json;
    struct str system = body_system(ask);
    enum err e;

    ret_pieces->count = 0;
    json_out_init(&json, body);
    json_out_object(&json);
    if (system.len > 0)
        system_write(&json, system);
    json_out_key(&json, "contents");
    e = body_messages_write(&shape, ask, &json, ret_pieces);
    parameters_write(&json, ask);
    json_out_object_end(&json);
    return e != ERR_OK ? e : buf_check(body);
}

/* ---- the answer ---- */

static const struct ai_finish_word finishes[] = {
    { "STOP", AI_FINISH_STOP },
    { "MAX_TOKENS", AI_FINISH_LENGTH },
    { "SAFETY", AI_FINISH_FILTER },
    { "RECITATION", AI_FINISH_FILTER },
    { "LANGUAGE", AI_FINISH_FILTER },
    { "BLOCKLIST", AI_FINISH_FILTER },
    { "PROHIBITED_CONTENT", AI_FINISH_FILTER },
    { "SPII", AI_FINISH_FILTER },
    { "IMAGE_SAFETY", AI_FINISH_FILTER },
    { "FINISH_REASON_UNSPECIFIED", AI_FINISH_NONE },
    { NULL, AI_FINISH_STOP },
};

/* A prompt that was refused has this and no candidate. */
static const struct ai_finish_word blocks[] = {
    { "BLOCK_REASON_UNSPECIFIED", AI_FINISH_NONE },
    { NULL, AI_FINISH_FILTER },
};

/* What was thought is counted beside the candidates. */
static void usage_read(struct ai_read *read, const struct json_in *usage)
{
    struct ai_usage u = { .is_known = true };

    if (json_in_kind(usage) != JSON_OBJECT_KIND)
        return;
    (void)ai_read_tokens(json_in_member(usage, "promptTokenCount"), &u.prompt);
    (void)ai_read_tokens(json_in_member(usage, "cachedContentTokenCount"), &u.cached);
    (void)ai_read_tokens(json_in_member(usage, "candidatesTokenCount"), &u.completion);
    (void)ai_read_tokens(json_in_member(usage, "thoughtsTokenCount"), &u.reasoning);
    u.completion += u.reasoning;
    read->usage = u;
}

/* A call comes whole. */
static enum err call_read(struct ai_read *read, const struct json_in *call)
{
    const struct json_in *args = json_in_member(call, "args");
    struct buf arguments;
    struct ai_call_delta delta = { .id = text_of(call, "id"), .name = text_of(call, "name"), .is_whole = true };
    enum err e = ERR_OK;

    buf_init(&arguments, AI_EVENT_MAX_BYTES * 6); /* a control character of one byte is written in six */
    if (args != NULL)
        e = json_in_write(args, &arguments);
    else
        buf_add_c(&arguments, "{}");
    delta.arguments = buf_str(&arguments);
    if (e == ERR_OK)
        ai_read_call(read, &delta);
    buf_release(&arguments);
    return e;
}

static enum err part_read(struct ai_read *read, const struct json_in *part)
{
    const struct json_in *call = json_in_member(part, "functionCall");

    if (json_in_boolean(json_in_member(part, "thought")))
        ai_read_reasoning(read, text_of(part, "text"));
    else
        ai_read_text(read, text_of(part, "text"));
    return call != NULL ? call_read(read, call) : ERR_OK;
}

static enum err candidate_read(struct ai_read *read, const struct json_in *candidate)
{
    const struct json_in *parts = json_in_member(json_in_member(candidate, "content"), "parts");

    if (json_in_integer(json_in_member(candidate, "index")) != 0)
        return ERR_OK;
    for (size_t i = 0; i < json_in_count(parts); i++)
        TRY(part_read(read, json_in_at(parts, i)));
    ai_read_finish(read, finishes, text_of(candidate, "finishReason"));
    return ERR_OK;
}

enum err gemini_event_read(struct ai_read *read, struct str event, struct str data)
{
    const struct json_in *root, *candidates;

    TRY(ai_read_json(read, event, data, &root));
    candidates = json_in_member(root, "candidates");
    for (size_t i = 0; i < json_in_count(candidates); i++)
        TRY(candidate_read(read, json_in_at(candidates, i)));
    ai_read_finish(read, blocks, text_of(json_in_member(root, "promptFeedback"), "blockReason"));
    usage_read(read, json_in_member(root, "usageMetadata"));
    return ERR_OK;
}
