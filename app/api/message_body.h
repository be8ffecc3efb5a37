/* A new message as it arrives: JSON, or a form with files. */
#ifndef PARLEY_APP_API_MESSAGE_BODY_H
#define PARLEY_APP_API_MESSAGE_BODY_H

#include "parley/domain/talk/message_change.h"
#include "parley/gate/spec.h"
#include "parley/http/request.h"

extern const struct spec message_draft_spec;
/* JSON Schema of a form, for the OpenAPI document. */
extern const char message_form_schema[];

/* body: decoded by message_draft_spec. */
enum err message_body_json(struct ctx *ctx, const void *body, struct message_draft *draft) MUST_CHECK;
/* When it is to be sent; 0: now. */
int64_t message_body_send_us(const void *body);
/*
 * Reads the form, part by part. draft->files is there and gets the files, each put into the store as it comes; on an error
 * the caller drops them. draft->claim is exchanged for one that knows the body.
 */
enum err message_body_form(struct ctx *ctx, struct http_request *req, struct message_draft *draft) MUST_CHECK;

#endif
