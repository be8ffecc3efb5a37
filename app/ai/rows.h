/* The functions of the kinds' rows (kinds.c). */
#ifndef PARLEY_AI_ROWS_H
#define PARLEY_AI_ROWS_H

#include "parley/ai/kinds.h"
#include "parley/ai/read.h"

enum err openai_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces);
enum err openai_event_read(struct ai_read *read, struct str event, struct str data);

enum err anthropic_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces);
enum err anthropic_event_read(struct ai_read *read, struct str event, struct str data);

enum err gemini_body_write(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces);
enum err gemini_event_read(struct ai_read *read, struct str event, struct str data);

#endif
