#include "doctor.h"
#include "parley/core/buf.h"
#include "parley/core/origin.h"
#include "parley/db/db.h"
#include "parley/egress/egress.h"
#include "parley/objects/store.h"

enum { STRANGER_TIMEOUT_MS = 5000 };

/* The bucket's address without a signature, as anybody can send it. */
static const char *bucket_url(struct doctor_run *run, const char *rest)
{
    const struct config *c = run->config;
    const char *scheme = strstr(c->minio_endpoint, "://") != NULL ? "" : c->minio_secure ? "https://" : "http://";

    return arena_printf(run->task.ctx.arena, "%s%s/%s%s", scheme, c->minio_endpoint, c->minio_bucket_name, rest);
}

/* The status of a GET by a stranger; 0 without a reply. */
static int stranger_status(struct doctor_run *run, struct egress *egress, const char *rest)
{
    static const char *const one_byte[] = { "Range: bytes=0-0", NULL };
    struct egress_request request = {
        .method = "GET",
        .url = bucket_url(run, rest),
        .headers = one_byte,
        .connect_timeout_ms = STRANGER_TIMEOUT_MS,
        .total_timeout_ms = STRANGER_TIMEOUT_MS,
        .trust = EGRESS_OPERATOR,
    };
    struct egress_reply reply;
    int status = 0;

    egress_reply_init(&reply);
    if (request.url != NULL && egress_run(egress, &request, &reply) != ERR_UNAVAILABLE)
        status = reply.status;
    egress_reply_release(&reply);
    return status;
}

static enum err read_key(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(const char **)arg = arena_printf(ctx->arena, "/%.*s", STR_FMT(db_row_str(row, ATTACHMENT_ANY_KEY_OBJECT_KEY)));
    return arena_check(ctx->arena);
}

static void check_as_stranger(struct doctor_run *run, struct egress *egress)
{
    const char *bucket = run->config->minio_bucket_name;
    const char *object = NULL;
    int status = stranger_status(run, egress, "?list-type=2&max-keys=1");

    if (status / 100 == 2)
        check_result(run, "bucket %s: anybody can list it; remove its public policy", bucket);
    if (status == 0 || run->app.db == NULL ||
        db_one(&run->task.ctx, SQL_ATTACHMENT_ANY_KEY, DB_NO_ARGS, read_key, &object) != ERR_OK)
        return;
    if (stranger_status(run, egress, object) / 100 == 2)
        check_result(run, "bucket %s: anybody can read its objects; remove its public policy", bucket);
}

void check_bucket(struct doctor_run *run)
{
    struct egress_opts opts = { .ca_file = run->config->minio_ca_file, .idle_max = 1 };
    struct egress *egress;

    if (run->config->minio_endpoint[0] == '\0' || egress_new(&opts, &egress) != ERR_OK)
        return;
    check_as_stranger(run, egress);
    egress_free(egress);
}

/* ---- pages ---- */

static void check_origin(struct doctor_run *run, struct str origin)
{
    const char *bucket = run->config->minio_bucket_name;
    bool allowed = true;

    if (store_check_origin(run->config, origin, &allowed) != ERR_OK || allowed)
        return; /* that it is away, check_store has said */
    check_result(
        run,
        "bucket %s: browsers let pages of %.*s neither send files to it nor fetch them; give it a CORS rule with "
        "AllowedOrigins %.*s, AllowedMethods GET, HEAD, PUT and AllowedHeaders content-type, "
        "x-amz-checksum-sha256 (MinIO has one for all buckets: mc admin config set ALIAS api "
        "cors_allow_origin=%.*s)",
        bucket, STR_FMT(origin), STR_FMT(origin), STR_FMT(origin));
}

void check_bucket_origins(struct doctor_run *run)
{
    struct str rest = str_from(run->config->allowed_origins);
    struct str one;
    struct buf own;

    buf_init(&own, ORIGIN_MAX_BYTES);
    if (origin_of_url(str_from(run->config->public_url), &own) == ERR_OK)
        check_origin(run, buf_str(&own));
    while (str_split(&rest, ',', &one)) {
        one = str_trim(one);
        if (one.len > 0 && !str_eq(one, buf_str(&own)))
            check_origin(run, one);
    }
    buf_release(&own);
}
