/* The messages of a question, as the kinds write them: runs of one role, each with its texts and images. */
#ifndef PARLEY_AI_BODY_H
#define PARLEY_AI_BODY_H

#include "parley/ai/kinds.h"
#include "parley/core/json_out.h"

/* How a kind writes a message. */
struct body_shape {
    const char *roles[2]; /* by enum ai_role */
    const char *content;  /* the member that holds the parts */
    const char *system;   /* the role of a first message with the system prompt; NULL: it has a place of its own */
    bool plain_text;      /* text alone is a string, not a list */
    bool user_first;      /* an answer in front of the first question is refused, so it is left out */
    void (*text_write)(struct json_out *json, struct str text);
    /* Gives the place of the image's base64 in the body. data_prefix: "data:image/png;base64,". */
    size_t (*image_write)(struct json_out *json, struct str content_type, struct str data_prefix);
};

/*
 * Appends the list of messages. Where the model takes no system prompt, it stands in front of the first question. ERR_OK, ERR_INVALID,
 * ERR_TOO_LARGE, ERR_NO_MEMORY as of body_write.
 */
enum err body_messages_write(const struct body_shape *shape, const struct ai_ask *ask, struct json_out *json,
                             struct ai_pieces *pieces) MUST_CHECK;

/* The system prompt where there is one and the model takes it; else absent. */
struct str body_system(const struct ai_ask *ask);

/* A string into which something is to be put at its end: gives the place. */
size_t body_open_string(struct json_out *json, const char *name, struct str beginning);

#endif
