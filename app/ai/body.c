#include "body.h"

#include "parley/core/limits.h"

enum { CONTENT_TYPE_MAX_BYTES = 100 };

struct writer {
    const struct body_shape *shape;
    const struct ai_ask *ask;
    struct str system; /* in front of the first question, until it is written */
    struct json_out *json;
    struct ai_pieces *pieces;
    struct buf text; /* of the message, as far as it has not been written */
};

/* Neighbours of one role, which become one message: from … to, `to` not counted. */
struct run {
    enum ai_role role;
    size_t from, to;
    bool has_image;
};

struct str body_system(const struct ai_ask *ask)
{
    return (ask->flags & AI_SYSTEM) && ask->system.len > 0 ? ask->system : (struct str){ 0 };
}

size_t body_open_string(struct json_out *json, const char *name, struct str beginning)
{
    json_out_kv_str(json, name, beginning);
    return json->buf->len - 1;
}

/* ---- runs ---- */

static bool is_image(const struct ai_ask *ask, const struct ai_part *part)
{
    return part->kind == AI_PART_IMAGE && (ask->flags & AI_IMAGES);
}

static bool says_something(const struct ai_message *message)
{
    for (size_t i = 0; i < message->part_count; i++)
        if (message->parts[i].kind == AI_PART_IMAGE || message->parts[i].text.len > 0)
            return true;
    return false;
}

static bool has_image(const struct ai_ask *ask, const struct ai_message *message)
{
    for (size_t i = 0; i < message->part_count; i++)
        if (is_image(ask, &message->parts[i]))
            return true;
    return false;
}

/* The run that begins at *at or behind it; *at moves behind the run. What says nothing divides none. */
static bool run_next(const struct ai_ask *ask, size_t *at, struct run *ret_run)
{
    struct run run = { 0 };
    const struct ai_message *messages = ask->messages;

    while (*at < ask->message_count && !says_something(&messages[*at]))
        (*at)++;
    if (*at == ask->message_count)
        return false;
    run.from = *at;
    run.role = messages[*at].role;
    for (; *at < ask->message_count && (messages[*at].role == run.role || !says_something(&messages[*at])); (*at)++)
        run.has_image = run.has_image || has_image(ask, &messages[*at]);
    run.to = *at;
    *ret_run = run;
    return true;
}

/* ---- parts ---- */

static void paragraph(struct writer *w)
{
    if (w->text.len > 0)
        buf_add(&w->text, STR("\n\n"));
}

static void text_flush(struct writer *w)
{
    if (w->text.len > 0)
        w->shape->text_write(w->json, buf_str(&w->text));
    buf_cut(&w->text, 0);
}

static enum err image_write(struct writer *w, const struct ai_part *part)
{
    char prefix[CONTENT_TYPE_MAX_BYTES + 16];
    struct ai_piece *piece;

    if (w->pieces->count == AI_IMAGES_MAX)
        return ERR_TOO_LARGE;
    if (part->content_type.len > CONTENT_TYPE_MAX_BYTES)
        return ERR_INVALID;
    text_flush(w);
    (void)snprintf(prefix, sizeof(prefix), "data:%.*s;base64,", STR_FMT(part->content_type));
    piece = &w->pieces->pieces[w->pieces->count++];
    piece->body_at = w->shape->image_write(w->json, part->content_type, str_from(prefix));
    piece->file = part->file;
    piece->size_bytes = part->size_bytes;
    return ERR_OK;
}

static void text_put(struct writer *w, const struct ai_part *part)
{
    if (part->kind == AI_PART_TEXT)
        buf_add(&w->text, part->text);
    else
        buf_addf(&w->text, "[image: %.*s]", STR_FMT(part->text));
}

static enum err message_write(struct writer *w, const struct ai_message *message)
{
    struct str name = message->name;

    for (size_t i = 0; i < message->part_count; i++) {
        const struct ai_part *part = &message->parts[i];
        if (part->kind == AI_PART_TEXT && part->text.len == 0)
            continue;
        if (name.len > 0 || !is_image(w->ask, part))
            paragraph(w);
        if (name.len > 0)
            buf_addf(&w->text, "%.*s: ", STR_FMT(name));
        name.len = 0;
        if (is_image(w->ask, part))
            TRY(image_write(w, part));
        else
            text_put(w, part);
    }
    return ERR_OK;
}

static void system_put(struct writer *w, const struct run *run)
{
    if (run->role != AI_USER)
        return;
    buf_add(&w->text, w->system);
    w->system.len = 0;
}

static enum err run_write(struct writer *w, const struct run *run)
{
    bool is_list = run->has_image || !w->shape->plain_text;

    json_out_object(w->json);
    json_out_kv_c(w->json, "role", w->shape->roles[run->role]);
    json_out_key(w->json, w->shape->content);
    if (is_list)
        json_out_array(w->json);
    system_put(w, run);
    for (size_t i = run->from; i < run->to; i++)
        TRY(message_write(w, &w->ask->messages[i]));
    if (is_list) {
        text_flush(w);
        json_out_array_end(w->json);
    } else {
        json_out_str(w->json, buf_str(&w->text));
        buf_cut(&w->text, 0);
    }
    json_out_object_end(w->json);
    return buf_check(&w->text);
}

static enum err runs_write(struct writer *w)
{
    size_t at = 0, written_count = 0;
    struct run run;

    while (run_next(w->ask, &at, &run)) {
        if (w->shape->user_first && written_count == 0 && run.role != AI_USER)
            continue;
        TRY(run_write(w, &run));
        written_count++;
    }
    return written_count > 0 ? ERR_OK : ERR_INVALID;
}

static void system_write(struct writer *w)
{
    struct str system = body_system(w->ask);

    if (!(w->ask->flags & AI_SYSTEM))
        w->system = w->ask->system;
    if (w->shape->system == NULL || system.len == 0)
        return;
    json_out_object(w->json);
    json_out_kv_c(w->json, "role", w->shape->system);
    json_out_kv_str(w->json, w->shape->content, system);
    json_out_object_end(w->json);
}

enum err body_messages_write(const struct body_shape *shape, const struct ai_ask *ask, struct json_out *json,
                             struct ai_pieces *pieces)
{
    struct writer w = { .shape = shape, .ask = ask, .json = json, .pieces = pieces };
    enum err e;

    buf_init(&w.text, json->buf->cap_bytes);
    json_out_array(json);
    system_write(&w);
    e = runs_write(&w);
    json_out_array_end(json);
    buf_release(&w.text);
    return e;
}
