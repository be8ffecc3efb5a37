/* An export of a chat as a page. Private to the room: chat_export_encode.c. */
#ifndef PARLEY_APP_SHAPES_CHAT_EXPORT_HTML_H
#define PARLEY_APP_SHAPES_CHAT_EXPORT_HTML_H

#include "parley/core/buf.h"
#include "parley/core/list.h"
#include "parley/domain/talk/chat.h"

void chat_export_html_head(struct buf *out, const struct chat *chat, int64_t exported_us);
/* messages: struct message */
void chat_export_html_messages(struct buf *out, const struct list *messages);
void chat_export_html_tail(struct buf *out, int64_t message_count);

#endif
