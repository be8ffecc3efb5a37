/*
 * What senders of Slack's incoming webhooks mean, as a message of ours: text, blocks and attachments become Markdown. Fields that
 * are not known, or of another type than they should be, are passed over: whatever of an alert can be read is worth more than none.
 * Source: Slack's reference of Block Kit, of "secondary message attachments" and of its text formatting.
 */
#ifndef PARLEY_APP_API_WEBHOOK_TEXT_H
#define PARLEY_APP_API_WEBHOOK_TEXT_H

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct webhook_text {
    struct str content;  /* ≤ CONTENT_MAX_CHARS, cut with an ellipsis; may be empty */
    struct str username; /* one line that shows something, ≤ SENDER_NAME_MAX_CHARS; absent: none that may be shown */
};

/*
 * `content` is taken as it is. Else: blocks, or where they say nothing `text`, and behind that the attachments. In the arena.
 * ERR_INVALID: no JSON object. ERR_NO_MEMORY. Any thread.
 */
enum err webhook_text_read(struct arena *a, struct str json, struct webhook_text *ret_text) MUST_CHECK;

#endif
