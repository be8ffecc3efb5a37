#include "chat_export_html.h"

#include "parley/core/clock.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/talk/message.h"

/* What the page may load: nothing but the styles that stand in it. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
#define STYLE \
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}" \
    "article{border-top:1px solid #d8d8dc;padding:.6rem 0}time,footer,.of{color:#5c5c66;font-size:.85rem}" \
    "pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}ul{margin:.2rem 0;padding-left:1.2rem}" \
    "code{font-size:.8rem;overflow-wrap:anywhere}@media(prefers-color-scheme:dark){body{color:#eee;background:#1c1c1e}}"

static void time_add(struct buf *out, int64_t time_us)
{
    char text[CLOCK_TEXT_BYTES];

    clock_format(time_us, text);
    buf_addf(out, "<time datetime=\"%s\">%.10s %.8s UTC</time>", text, text, text + 11);
}

static void title_add(struct buf *out, const struct chat *chat)
{
    if (chat->title.ptr != NULL)
        buf_add_xml(out, chat->title);
    else
        buf_add_c(out, "Direct chat");
}

void chat_export_html_head(struct buf *out, const struct chat *chat, int64_t exported_us)
{
    buf_add_c(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    title_add(out, chat);
    buf_add_c(out, "</title>\n<style>" STYLE "</style>\n</head>\n<body>\n<h1><bdi>");
    title_add(out, chat);
    buf_add_c(out, "</bdi></h1>\n<p class=\"of\">As of ");
    time_add(out, exported_us);
    buf_add_c(out, "</p>\n");
}

static void file_add(struct buf *out, const struct attachment *file)
{
    buf_add_c(out, "<li><a href=\"");
    buf_add_xml(out, file->url);
    buf_add_c(out, "\"><bdi>");
    buf_add_xml(out, file->filename);
    buf_addf(out, "</bdi></a>, %lld bytes", (long long)file->size_bytes);
    if (file->sha256.ptr != NULL) {
        buf_add_c(out, ", SHA-256 <code>");
        buf_add_xml(out, file->sha256);
        buf_add_c(out, "</code>");
    }
    buf_add_c(out, "</li>\n");
}

static void reactions_add(struct buf *out, const struct list *reactions)
{
    const struct reaction *items = reactions->items;

    if (reactions->count == 0)
        return;
    buf_add_c(out, "<p class=\"of\">");
    for (size_t i = 0; i < reactions->count; i++) {
        buf_add_xml(out, items[i].emoji);
        buf_addf(out, " %lld ", (long long)items[i].count);
    }
    buf_add_c(out, "</p>\n");
}

static void body_add(struct buf *out, const struct message *message)
{
    const struct attachment *files = message->attachments.items;

    if (message->deleted_us != 0) {
        buf_add_c(out, "<p class=\"of\">Deleted</p>\n");
        return;
    }
    if (message->content.len > 0) {
        buf_add_c(out, "<pre dir=\"auto\">");
        buf_add_xml(out, message->content);
        buf_add_c(out, "</pre>\n");
    }
    if (message->attachments.count > 0)
        buf_add_c(out, "<ul>\n");
    for (size_t i = 0; i < message->attachments.count; i++)
        file_add(out, &files[i]);
    if (message->attachments.count > 0)
        buf_add_c(out, "</ul>\n");
    reactions_add(out, &message->reactions);
}

static void message_add(struct buf *out, const struct message *message)
{
    buf_addf(out, "<article id=\"m%lld\">\n<b><bdi>", (long long)message->seq);
    buf_add_xml(out, message->sender.name);
    buf_add_c(out, "</bdi></b> ");
    time_add(out, message->created_us);
    if (message->edited_us != 0 && message->deleted_us == 0)
        buf_add_c(out, " <span class=\"of\">(edited)</span>");
    buf_add_c(out, "\n");
    body_add(out, message);
    buf_add_c(out, "</article>\n");
}

void chat_export_html_messages(struct buf *out, const struct list *messages)
{
    const struct message *items = messages->items;

    for (size_t i = 0; i < messages->count; i++)
        message_add(out, &items[i]);
}

void chat_export_html_tail(struct buf *out, int64_t message_count)
{
    buf_addf(out, "<footer>The end; %lld messages.</footer>\n</body>\n</html>\n", (long long)message_count);
}
