#include "parley/ai/kinds.h"

#include "rows.h"

#define MODEL "{model}"

static const struct provider_ops rows[] = {
    {
        .kind = "openai",
        .path = "/chat/completions",
        .base_url = "https://api.openai.com/v1",
        .key_header = "Authorization: Bearer ",
        .models_path = "/models",
        .flags = AI_SYSTEM | AI_IMAGES | AI_TOOLS | AI_USAGE_IN_STREAM,
        .body_write = openai_body_write,
        .event_read = openai_event_read,
    },
    {
        .kind = "vllm",
        .path = "/chat/completions",
        .key_header = "Authorization: Bearer ",
        .models_path = "/models",
        .flags = AI_SYSTEM | AI_USAGE_IN_STREAM,
        .body_write = openai_body_write,
        .event_read = openai_event_read,
    },
    {
        .kind = "gemini",
        .path = "/models/" MODEL ":streamGenerateContent?alt=sse",
        .base_url = "https://generativelanguage.googleapis.com/v1beta",
        .key_header = "x-goog-api-key: ",
        .models_path = "/models",
        .flags = AI_SYSTEM | AI_IMAGES | AI_TOOLS,
        .body_write = gemini_body_write,
        .event_read = gemini_event_read,
    },
    {
        .kind = "anthropic",
        .path = "/messages",
        .base_url = "https://api.anthropic.com/v1",
        .key_header = "x-api-key: ",
        .header = "anthropic-version: 2023-06-01",
        .models_path = "/models",
        .flags = AI_SYSTEM | AI_IMAGES | AI_TOOLS,
        .body_write = anthropic_body_write,
        .event_read = anthropic_event_read,
    },
};

const struct provider_ops *kinds_find(struct str kind)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq_c(kind, rows[i].kind))
            return &rows[i];
    return NULL;
}

const struct provider_ops *kinds_at(size_t index)
{
    return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

void kinds_url_write(const struct provider_ops *ops, struct str base_url, struct str model, struct buf *url)
{
    const char *place = strstr(ops->path, MODEL);

    if (str_ends_with(base_url, STR("/")))
        base_url.len--;
    buf_add(url, base_url);
    if (place == NULL) {
        buf_add_c(url, ops->path);
        return;
    }
    /* The list of models gives their names with the folder that the path has already. */
    if (str_starts_with(model, STR("models/")))
        model = str_tail(model, STR("models/").len);
    buf_add_bytes(url, ops->path, (size_t)(place - ops->path));
    buf_add_percent(url, model, SLASH_ENCODE);
    buf_add_c(url, place + strlen(MODEL));
}

int64_t kinds_body_bytes(const struct buf *body, const struct ai_pieces *pieces)
{
    int64_t bytes = (int64_t)body->len;

    for (size_t i = 0; i < pieces->count; i++)
        bytes += (pieces->pieces[i].size_bytes + 2) / 3 * 4;
    return bytes;
}
