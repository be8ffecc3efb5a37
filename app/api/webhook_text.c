#include "webhook_text.h"

#include "parley/core/json_in.h"
#include "parley/core/limits.h"
#include "parley/core/text.h"
#include "slack_text.h"

/* A body of BODY_MAX_BYTES can grow, by marks that are doubled and addresses that are encoded. */
enum { TEXT_ROOM_BYTES = 4 * 1024 * 1024 };

static struct str string_of(const struct json_in *object, const char *name)
{
    return json_in_string(json_in_member(object, name));
}

/* What follows begins a new paragraph, or a new line. */
static void paragraph(struct buf *out)
{
    if (out->len > 0)
        buf_add_c(out, "\n\n");
}

static void line(struct buf *out)
{
    if (out->len > 0)
        buf_add_byte(out, '\n');
}

/* ---- blocks ---- */

/* A text object: {"type":"mrkdwn|plain_text","text":"…"}, or a bare string. */
static void text_object_add(struct buf *out, const struct json_in *object)
{
    struct str text = json_in_kind(object) == JSON_STRING_KIND ? json_in_string(object) : string_of(object, "text");

    if (str_eq_c(string_of(object, "type"), "plain_text"))
        buf_add(out, text);
    else
        slack_text_add(out, text);
}

static void link_add(struct buf *out, struct str label, struct str address)
{
    struct buf marked;

    if (label.len == 0 || address.len == 0) {
        buf_add(out, label.len > 0 ? label : address);
        return;
    }
    buf_init(&marked, TEXT_ROOM_BYTES);
    buf_addf(&marked, "<%.*s|%.*s>", STR_FMT(address), STR_FMT(label));
    slack_text_add(out, buf_str(&marked));
    buf_release(&marked);
}

/* The children of a list, each its own line. */
static void lines_add(struct buf *out, const struct json_in *list)
{
    for (size_t i = 0; i < json_in_count(list); i++) {
        struct str text = string_of(json_in_at(list, i), "text");

        if (text.len == 0)
            continue;
        line(out);
        text_object_add(out, json_in_at(list, i));
    }
}

/* A button says where it leads. */
static void buttons_add(struct buf *out, const struct json_in *list)
{
    for (size_t i = 0; i < json_in_count(list); i++) {
        const struct json_in *button = json_in_at(list, i);
        struct str address = string_of(button, "url");

        if (address.len == 0)
            continue;
        line(out);
        link_add(out, string_of(json_in_member(button, "text"), "text"), address);
    }
}

/* A leaf of rich text. */
static void rich_leaf_add(struct buf *out, const struct json_in *leaf)
{
    struct str type = string_of(leaf, "type");

    if (str_eq_c(type, "link"))
        link_add(out, string_of(leaf, "text"), string_of(leaf, "url"));
    else if (str_eq_c(type, "emoji"))
        buf_addf(out, ":%.*s:", STR_FMT(string_of(leaf, "name")));
    else if (str_eq_c(type, "broadcast"))
        buf_add_c(out, str_eq_c(string_of(leaf, "range"), "here") ? "@here" : "@all");
    else
        buf_add(out, string_of(leaf, "text"));
}

/* Sections, lists, quotes and preformatted text, and in lists again sections: json_in's own depth is the limit. */
static void rich_add(struct buf *out, const struct json_in *elements, const char *mark)
{
    for (size_t i = 0; i < json_in_count(elements); i++) {
        const struct json_in *element = json_in_at(elements, i), *children = json_in_member(element, "elements");
        struct str type = string_of(element, "type");

        if (json_in_kind(children) != JSON_ARRAY_KIND) {
            rich_leaf_add(out, element);
        } else if (str_eq_c(type, "rich_text_list")) {
            rich_add(out, children, "- ");
        } else {
            bool is_code = str_eq_c(type, "rich_text_preformatted");

            line(out);
            buf_add_c(out, is_code ? "```\n" : str_eq_c(type, "rich_text_quote") ? "> " : mark);
            rich_add(out, children, "");
            buf_add_c(out, is_code ? "\n```" : "");
        }
    }
}

static void block_add(struct buf *out, const struct json_in *block)
{
    struct str type = string_of(block, "type");
    const struct json_in *text = json_in_member(block, "text");

    if (str_eq_c(type, "header")) {
        buf_addf(out, "**%.*s**", STR_FMT(string_of(text, "text")));
    } else if (str_eq_c(type, "divider")) {
        buf_add_c(out, "---");
    } else if (str_eq_c(type, "markdown")) {
        buf_add(out, json_in_string(text));
    } else if (str_eq_c(type, "image")) {
        link_add(out, string_of(block, "alt_text"), string_of(block, "image_url"));
    } else if (str_eq_c(type, "rich_text")) {
        rich_add(out, json_in_member(block, "elements"), "");
    } else if (str_eq_c(type, "actions")) {
        buttons_add(out, json_in_member(block, "elements"));
    } else {
        if (text != NULL)
            text_object_add(out, text);
        lines_add(out, json_in_member(block, "fields"));
        lines_add(out, json_in_member(block, "elements"));
    }
}

/* Each piece is written by itself, so that it begins a paragraph only where it says something. */
typedef void piece_fn(struct buf *out, const struct json_in *piece);

static void pieces_add(struct buf *out, const struct json_in *list, piece_fn *fn)
{
    for (size_t i = 0; i < json_in_count(list); i++) {
        struct buf piece;

        buf_init(&piece, TEXT_ROOM_BYTES);
        fn(&piece, json_in_at(list, i));
        if (piece.len > 0) {
            paragraph(out);
            buf_add(out, str_trim(buf_str(&piece)));
        }
        buf_release(&piece);
    }
}

/* ---- attachments ---- */

static void attachment_line_add(struct buf *out, struct str text)
{
    if (text.len == 0)
        return;
    line(out);
    slack_text_add(out, text);
}

static void field_add(struct buf *out, const struct json_in *field)
{
    struct str title = string_of(field, "title"), value = string_of(field, "value");

    if (title.len == 0 && value.len == 0)
        return;
    line(out);
    if (title.len > 0)
        buf_addf(out, "**%.*s**: ", STR_FMT(title));
    slack_text_add(out, value);
}

static void attachment_add(struct buf *out, const struct json_in *attachment)
{
    const struct json_in *fields = json_in_member(attachment, "fields");
    struct str title = string_of(attachment, "title");

    attachment_line_add(out, string_of(attachment, "pretext"));
    attachment_line_add(out, string_of(attachment, "author_name"));
    if (title.len > 0) {
        line(out);
        buf_add_c(out, "**");
        link_add(out, title, string_of(attachment, "title_link"));
        buf_add_c(out, "**");
    }
    attachment_line_add(out, string_of(attachment, "text"));
    for (size_t i = 0; i < json_in_count(fields); i++)
        field_add(out, json_in_at(fields, i));
    pieces_add(out, json_in_member(attachment, "blocks"), block_add);
    buttons_add(out, json_in_member(attachment, "actions"));
    attachment_line_add(out, string_of(attachment, "image_url"));
    if (out->len == 0)
        attachment_line_add(out, string_of(attachment, "fallback"));
    attachment_line_add(out, string_of(attachment, "footer"));
}

/* ---- the whole ---- */

static void content_add(struct buf *out, const struct json_in *payload)
{
    struct str content = string_of(payload, "content");

    if (content.len > 0) {
        buf_add(out, content);
        return;
    }
    pieces_add(out, json_in_member(payload, "blocks"), block_add);
    if (out->len == 0)
        slack_text_add(out, string_of(payload, "text"));
    pieces_add(out, json_in_member(payload, "attachments"), attachment_add);
}

/* What is too long loses its end: an alert in part is better than none. */
static struct str cut(struct arena *a, struct str text)
{
    static const char ellipsis[] = "…";

    if (str_code_points(text) <= CONTENT_MAX_CHARS)
        return arena_str(a, text);
    text = str_head_code_points(text, CONTENT_MAX_CHARS - 1);
    return str_from(arena_printf(a, "%.*s%s", STR_FMT(text), ellipsis));
}

static struct str username_of(const struct json_in *payload)
{
    struct str name = str_head_code_points(text_trim(string_of(payload, "username")), SENDER_NAME_MAX_CHARS);

    name = text_trim(name);
    if (!text_shows(name) || !text_is_line(name) || text_turns_direction(name))
        return (struct str){ NULL, 0 };
    return name;
}

enum err webhook_text_read(struct arena *a, struct str json, struct webhook_text *ret_text)
{
    const struct json_in *payload;
    const char *reason;
    struct buf out;
    enum err e;

    TRY(json_in_parse(a, json, &payload, &reason));
    if (json_in_kind(payload) != JSON_OBJECT_KIND)
        return ERR_INVALID;
    buf_init(&out, TEXT_ROOM_BYTES);
    content_add(&out, payload);
    e = buf_check(&out);
    if (e == ERR_OK)
        *ret_text = (struct webhook_text){ cut(a, buf_str(&out)), username_of(payload) };
    buf_release(&out);
    return e == ERR_OK ? arena_check(a) : e;
}
