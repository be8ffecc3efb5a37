/* Slack's own marks in a text ("mrkdwn") as Markdown. Any thread. */
#ifndef PARLEY_APP_API_SLACK_TEXT_H
#define PARLEY_APP_API_SLACK_TEXT_H

#include "parley/core/buf.h"
#include "parley/core/str.h"

/*
 * Adds it: <address|label> becomes a link, <!channel> and its like @all or @here, *bold* and ~struck~ are doubled, &lt; &gt; &amp;
 * stand for themselves, and nothing is touched between back quotes but those three. What is none of these stays as it is.
 */
void slack_text_add(struct buf *out, struct str text);

#endif
