#include "problem_reply.h"

#include <ctype.h>

#include "parley/http/request.h"

enum { RETRY_AFTER_S = 2, RETRY_AFTER_RUNNING_S = 1 };

/* "parts.0.etag" → "parts", 0, "etag" */
static void location_write(struct json_out *out, const struct fault *fault)
{
    struct str rest = str_from(fault->field);
    struct str piece;
    int64_t index;

    json_out_array(out);
    json_out_c(out, fault->where);
    while (rest.len > 0 && str_split(&rest, '.', &piece)) {
        if (isdigit((unsigned char)piece.ptr[0]) && str_to_int64(piece, &index) == ERR_OK)
            json_out_int(out, index);
        else
            json_out_str(out, piece);
    }
    json_out_array_end(out);
}

static void faults_write(struct json_out *out, const struct problem *problem)
{
    json_out_key(out, "errors");
    json_out_array(out);
    for (size_t i = 0; i < problem->fault_count && i < PROBLEM_FAULTS_MAX; i++) {
        const struct fault *fault = &problem->faults[i];
        json_out_object(out);
        json_out_key(out, "loc");
        location_write(out, fault);
        json_out_kv_c(out, "msg", fault->message);
        json_out_kv_c(out, "type", fault->type);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void body_write(struct ctx *ctx, enum err err, struct json_out *out)
{
    const struct err_info *info = err_info(err);
    const struct problem *problem = ctx->problem;
    bool told = problem->err == err;

    json_out_object(out);
    json_out_kv_c(out, "type", "about:blank");
    json_out_kv_c(out, "title", reply_reason(info->http_status));
    json_out_kv_int(out, "status", info->http_status);
    json_out_kv_c(out, "code", info->code);
    json_out_kv_c(out, "detail", told && problem->detail != NULL ? problem->detail : info->sentence);
    json_out_kv_c(out, "request_id", ctx->request_id);
    if (told && problem->fault_count > 0)
        faults_write(out, problem);
    json_out_object_end(out);
}

static int retry_after_s(const struct problem *problem, enum err err)
{
    int status = err_info(err)->http_status;

    if (problem->err == err && problem->retry_after_s > 0)
        return problem->retry_after_s;
    if (err == ERR_IDEMPOTENCY_RUNNING)
        return RETRY_AFTER_RUNNING_S;
    return status == 429 || status == 503 ? RETRY_AFTER_S : 0;
}

void problem_reply(struct ctx *ctx, enum err err, struct reply *reply)
{
    int retry_s = retry_after_s(ctx->problem, err);

    reply_init(reply);
    reply->status = err_info(err)->http_status;
    reply->content_type = "application/problem+json";
    if (reply->status == 401)
        reply_header(reply, "WWW-Authenticate", "Bearer");
    if (retry_s > 0)
        reply_header(reply, "Retry-After", retry_s == RETRY_AFTER_S ? "2" : arena_printf(ctx->arena, "%d", retry_s));
    body_write(ctx, err, &reply->json);
}
