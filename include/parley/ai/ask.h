/*
 * What a model is asked, in no provider's words: body_write of a kind (parley/ai/kinds.h) makes a request of it. Plain data, all
 * of it borrowed; texts are well-formed UTF-8.
 */
#ifndef PARLEY_AI_ASK_H
#define PARLEY_AI_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/str.h"

/* What a model can do, and how it wants to be asked. The numbers are stored: a new flag takes the next one. */
enum ai_flag {
    AI_SYSTEM = 1,          /* takes a system prompt; without it the prompt goes in front of the first question */
    AI_IMAGES = 2,          /* looks at images; without it they are left out and named */
    AI_TOOLS = 4,           /* calls tools */
    AI_USAGE_IN_STREAM = 8, /* says what it used in a stream when asked (stream_options) */
    AI_MAX_COMPLETION_TOKENS = 16, /* takes the limit as max_completion_tokens, not as max_tokens */
};

enum ai_role { AI_USER, AI_ASSISTANT };

enum ai_part_kind { AI_PART_TEXT, AI_PART_IMAGE };

/* A part of a message. An image's bytes are not here: they are put into the body later (struct ai_pieces). */
struct ai_part {
    enum ai_part_kind kind;
    struct str text;         /* of AI_PART_TEXT; of an image its name, for a model that cannot see it; may be empty */
    struct str content_type; /* of an image: "image/png" … */
    int64_t size_bytes;      /* of an image */
    int file;                /* of an image: the caller's number for it, handed back in its piece */
};

/*
 * Neighbours of one role become one message, since many models' templates refuse two questions in a row; parts without text and
 * messages without parts are left out.
 */
struct ai_message {
    enum ai_role role;
    struct str name; /* who says it, where several people talk: stands in front as "Name: "; absent: nobody is named */
    const struct ai_part *parts;
    size_t part_count;
};

struct ai_ask {
    struct str model;  /* as the provider calls it */
    struct str system; /* the system prompt; absent or empty: none */
    const struct ai_message *messages;
    size_t message_count; /* ≥ 1; the last one is the question */
    int64_t max_tokens;   /* ≥ 1: of the answer */
    double temperature;   /* 0 … TEMPERATURE_MAX; sent only where has_temperature */
    bool has_temperature;
    unsigned flags; /* enum ai_flag: of the model */
};

#endif
