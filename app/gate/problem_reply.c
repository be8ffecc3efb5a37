#include "problem_reply.h"

enum { RETRY_AFTER_S = 2, RETRY_AFTER_RUNNING_S = 1 };

static void faults_write(struct json_out *out, const struct dialect_problem *problem)
{
    json_out_key(out, "errors");
    json_out_array(out);
    for (size_t i = 0; i < problem->fault_count; i++) {
        const struct fault *fault = &problem->faults[i];
        json_out_object(out);
        json_out_key(out, "loc");
        dialect_place_write(fault, out);
        json_out_kv_c(out, "msg", fault->message);
        json_out_kv_c(out, "type", fault->type);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

/* RFC 9457 */
static void native_write(const struct ctx *ctx, const struct dialect_problem *problem, struct json_out *out)
{
    const struct err_info *info = err_info(problem->err);

    json_out_object(out);
    json_out_kv_c(out, "type", "about:blank");
    json_out_kv_c(out, "title", reply_reason(info->http_status));
    json_out_kv_int(out, "status", info->http_status);
    json_out_kv_c(out, "code", info->code);
    json_out_kv_c(out, "detail", problem->text);
    json_out_kv_c(out, "request_id", ctx->request_id);
    if (problem->fault_count > 0)
        faults_write(out, problem);
    json_out_object_end(out);
}

/* ctx->problem is used only where it is about this error; it may be left over from one that was handled. */
static struct dialect_problem problem_of(const struct ctx *ctx, enum err e)
{
    const struct problem *reported = ctx->problem;
    struct dialect_problem problem = { .err = e, .text = err_info(e)->sentence };

    if (reported->err != e)
        return problem;
    if (reported->detail != NULL)
        problem.text = reported->detail;
    problem.faults = reported->faults;
    problem.fault_count = reported->fault_count < PROBLEM_FAULTS_MAX ? reported->fault_count : PROBLEM_FAULTS_MAX;
    return problem;
}

static void dialect_write(const struct route_match *match, struct dialect_problem *problem, struct reply *reply)
{
    const struct dialect *dialect = match->dialect;
    const struct dialect_error *own = dialect_error_find(dialect, match->route != NULL ? match->route->errors : NULL,
                                                         problem->err);

    if (own != NULL && own->status != 0)
        reply->status = own->status;
    if (own != NULL && own->text != NULL)
        problem->text = own->text;
    dialect->error_write(problem, &reply->json);
}

static int retry_after_s(const struct problem *problem, enum err e)
{
    int status = err_info(e)->http_status;

    if (problem->err == e && problem->retry_after_s > 0)
        return problem->retry_after_s;
    if (e == ERR_IDEMPOTENCY_RUNNING)
        return RETRY_AFTER_RUNNING_S;
    return status == 429 || status == 503 ? RETRY_AFTER_S : 0;
}

void problem_reply(struct ctx *ctx, const struct route_match *match, enum err e, struct reply *reply)
{
    struct dialect_problem problem = problem_of(ctx, e);
    int retry_s = retry_after_s(ctx->problem, e);

    reply_init(reply);
    reply->status = err_info(e)->http_status;
    if (match->dialect != NULL) {
        dialect_write(match, &problem, reply);
    } else {
        reply->content_type = "application/problem+json";
        native_write(ctx, &problem, &reply->json);
    }
    if (reply->status == 401)
        reply_header(reply, "WWW-Authenticate", "Bearer");
    if (retry_s > 0)
        reply_header(reply, "Retry-After", retry_s == RETRY_AFTER_S ? "2" : arena_printf(ctx->arena, "%d", retry_s));
}
