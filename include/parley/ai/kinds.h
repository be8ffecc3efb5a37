/*
 * The kinds of providers: a row each. A kind says how a question is written and how an answer's events are read; how it gets
 * there is the engine's business. All static, any thread.
 */
#ifndef PARLEY_AI_KINDS_H
#define PARLEY_AI_KINDS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/ai/ask.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/limits.h"
#include "parley/core/str.h"

struct ai_read;

/* A place in a body where a file's base64 (RFC 4648 §4, padded) is to be put in; nothing stands there yet. */
struct ai_piece {
    size_t body_at;     /* in front of this byte of the body as it was written; pieces come in order */
    int file;           /* the number of struct ai_part */
    int64_t size_bytes; /* of the file, before base64 */
};

struct ai_pieces {
    struct ai_piece pieces[AI_IMAGES_MAX];
    size_t count;
};

struct provider_ops {
    const char *kind;     /* "openai": column, setting */
    const char *path;     /* behind the base address; "{model}" stands for the model's name */
    const char *base_url; /* of the provider itself; NULL: there is none, it runs somewhere */
    const char
        *key_header;    /* what stands in front of the key: "Authorization: Bearer "; not sent where the key is empty */
    const char *header; /* one more, "Name: value"; NULL: none */
    const char *models_path; /* behind the base address: the list of models, by GET */
    unsigned flags;          /* enum ai_flag: of a model of which nothing else is known */
    /*
     * Appends the JSON body. ERR_OK; ERR_INVALID for a question without text or image; ERR_TOO_LARGE for more than AI_IMAGES_MAX
     * images; ERR_NO_MEMORY past the buf's cap. ret_pieces is set in each case.
     */
    enum err (*body_write)(const struct ai_ask *ask, struct buf *body, struct ai_pieces *ret_pieces);
    /*
     * Reads one event into `read` (ai_read_add calls it). event: the event's name or empty; data: not empty, any bytes.
     * ERR_OK, whatever a provider says; ERR_NO_MEMORY.
     */
    enum err (*event_read)(struct ai_read *read, struct str event, struct str data);
};

/* NULL: there is no such kind. */
const struct provider_ops *kinds_find(struct str kind);
/* The row `index`, counted from 0; NULL behind the last. */
const struct provider_ops *kinds_at(size_t index);

/*
 * Appends the address of a question. base_url: as it was entered; one '/' at its end is cut. model: as the provider calls it,
 * percent-encoded where the path takes it. Never holds the key.
 */
void kinds_url_write(const struct provider_ops *ops, struct str base_url, struct str model, struct buf *url);

/* How long a body is with all its files put in. */
int64_t kinds_body_bytes(const struct buf *body, const struct ai_pieces *pieces);

#endif
