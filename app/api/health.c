/* How the server's parts do, for whoever runs it; what anyone may know is meta.c's. */
#include "parley/domain/lifecycle/health.h"
#include "parley/api/routes.h"
#include "parley/core/limits.h"

enum { UNHEALTHY_STATUS = 503 };
#define UNHEALTHY_RETRY_AFTER "2"

/* ---- what goes out ---- */
/* clang-format off */
struct counts_view {
    int64_t users, workspaces, chats;
};
#define COUNTS_FIELD(member) #member, FIELD_INT, .offset = offsetof(struct counts_view, member), .example = "12"
static const struct field counts_fields[] = {
    { COUNTS_FIELD(users), .doc = "Accounts" },
    { COUNTS_FIELD(workspaces), .doc = "Workspaces, personal ones too" },
    { COUNTS_FIELD(chats), .doc = "Chats" },
};
static const struct spec counts_spec = { SPEC_INIT("ServerCounts", struct counts_view, counts_fields),
    .doc = "What there is; each counted up to 100,000 only" };

/* What the answers about one part have in common. */
struct part_view {
    int status; /* enum readiness_status */
    int64_t timestamp_us;
    double took_ms;
    struct str error; /* absent: none */
};
#define PART_VIEW_FIELD(member) .offset = offsetof(struct part_view, member)
static const struct field part_fields[] = {
    { "status", FIELD_ENUM, PART_VIEW_FIELD(status), .names = readiness_status_names,
      .type_name = "ReadinessStatus", .doc = "Unhealthy: with status 503" },
    { "timestamp", FIELD_TIME, PART_VIEW_FIELD(timestamp_us), .doc = "The server's clock" },
    { "response_time_ms", FIELD_REAL, PART_VIEW_FIELD(took_ms), .example = "0.4",
      .doc = "How long the part took to answer" },
    { "error", FIELD_STR, FIELD_OMIT, PART_VIEW_FIELD(error), .doc = "What is wrong; the log knows more" },
};
static const struct spec part_spec = { SPEC_INIT("PartHealth", struct part_view, part_fields),
    .doc = "How a part does" };

struct database_view {
    struct part_view part;
    const struct counts_view *counts;
};
static const struct field database_fields[] = {
    { SPEC_INLINE(&part_spec), .offset = offsetof(struct database_view, part) },
    { "stats", FIELD_REF, FIELD_OMIT, .offset = offsetof(struct database_view, counts), .spec = &counts_spec,
      .doc = "What is in it; not there where it does not answer" },
};
static const struct spec database_spec = { SPEC_INIT("DatabaseHealth", struct database_view, database_fields),
    .doc = "How the database does" };

struct storage_view {
    struct part_view part;
    struct str bucket;
    int64_t files_count;
};
#define STORAGE_FIELD(member) .offset = offsetof(struct storage_view, member)
static const struct field storage_fields[] = {
    { SPEC_INLINE(&part_spec), STORAGE_FIELD(part) },
    { "bucket", FIELD_STR, FIELD_NULLABLE, STORAGE_FIELD(bucket), .example = "\"chat-attachments\"",
      .doc = "MINIO_BUCKET_NAME; null: a folder on this machine" },
    { "files_count", FIELD_INT, FIELD_OMIT, STORAGE_FIELD(files_count), .example = "12",
      .doc = "Files of all messages, as the database knows them, counted up to 100,000 only; not there where it does not "
             "answer" },
};
static const struct spec storage_spec = { SPEC_INIT("StorageHealth", struct storage_view, storage_fields),
    .doc = "How the object store does" };

struct provider_view {
    struct str name, type;
    struct list models;
};
#define PROVIDER_FIELD(member) .offset = offsetof(struct provider_view, member)
static const struct field provider_fields[] = {
    { "name", FIELD_STR, PROVIDER_FIELD(name), .example = "\"vllm\"", .doc = "What it is called" },
    { "type", FIELD_STR, PROVIDER_FIELD(type), .example = "\"vllm\"", .doc = "Its kind" },
    { "models", FIELD_LIST, PROVIDER_FIELD(models), .element = FIELD_STR, .doc = "Models that it has" },
};
static const struct spec provider_spec = { SPEC_INIT("ProviderHealth", struct provider_view, provider_fields),
    .doc = "A provider of models" };

struct inference_view {
    int status;
    int64_t timestamp_us, total_providers;
    struct list providers;
};
#define INFERENCE_FIELD(member) .offset = offsetof(struct inference_view, member)
static const struct field inference_fields[] = {
    { "status", FIELD_ENUM, INFERENCE_FIELD(status), .names = readiness_status_names,
      .type_name = "ReadinessStatus", .doc = "Healthy where no provider is set: nothing is ill" },
    { "timestamp", FIELD_TIME, INFERENCE_FIELD(timestamp_us), .doc = "The server's clock" },
    { "providers", FIELD_LIST, INFERENCE_FIELD(providers), .spec = &provider_spec, .doc = "Those that are set" },
    { "total_providers", FIELD_INT, INFERENCE_FIELD(total_providers), .example = "0", .doc = "How many" },
};
static const struct spec inference_spec = { SPEC_INIT("InferenceHealth", struct inference_view, inference_fields),
    .doc = "How the providers of models do" };

struct check_view {
    int status;
    struct str details;
};
static const struct field check_fields[] = {
    { "status", FIELD_ENUM, .offset = offsetof(struct check_view, status), .names = readiness_status_names,
      .type_name = "ReadinessStatus", .doc = "Of the part" },
    { "details", FIELD_STR, .offset = offsetof(struct check_view, details), .example = "\"It answers\"",
      .doc = "A sentence for a person" },
};
static const struct spec check_spec = { SPEC_INIT("PartCheck", struct check_view, check_fields),
    .doc = "What a look at a part has shown" };

struct checks_view {
    struct check_view parts[PART_COUNT];
};
#define CHECK_FIELD(part) \
    FIELD_OBJECT, .offset = offsetof(struct checks_view, parts) + (part) * sizeof(struct check_view), .spec = &check_spec
static const struct field checks_fields[] = {
    { "database", CHECK_FIELD(PART_DATABASE), .doc = "Unhealthy: requests get 503" },
    { "storage", CHECK_FIELD(PART_STORE), .doc = "Unhealthy: files cannot be sent or read" },
    { "bus", CHECK_FIELD(PART_BUS), .doc = "Redis. Unhealthy: each process counts and wakes for itself" },
    { "disk", CHECK_FIELD(PART_DISK), .doc = "Degraded: little room; unhealthy: next to none" },
    { "mail", CHECK_FIELD(PART_MAIL), .doc = "Unhealthy: mail waits" },
    { "inference", CHECK_FIELD(PART_INFERENCE), .doc = "Providers of models" },
};
static const struct spec checks_spec = { SPEC_INIT("PartChecks", struct checks_view, checks_fields),
    .doc = "Each part; one that is not set is healthy" };

struct system_view {
    struct health_system system;
    double memory_used_gb, memory_total_gb, disk_used_gb, disk_total_gb;
};
#define SYSTEM_FIELD(member) FIELD_REAL, .offset = offsetof(struct system_view, member), .example = "12.5"
static const struct field system_fields[] = {
    { "cpu_percent", SYSTEM_FIELD(system.cpu_percent), .doc = "How busy the processors were while this was asked" },
    { "memory_percent", SYSTEM_FIELD(system.memory_percent), .doc = "Memory in use" },
    { "memory_used_gb", SYSTEM_FIELD(memory_used_gb), .doc = "In GiB" },
    { "memory_total_gb", SYSTEM_FIELD(memory_total_gb), .doc = "In GiB" },
    { "disk_percent", SYSTEM_FIELD(system.disk_percent), .doc = "Of the file system of VAR_DIR, in use" },
    { "disk_used_gb", SYSTEM_FIELD(disk_used_gb), .doc = "In GiB" },
    { "disk_total_gb", SYSTEM_FIELD(disk_total_gb), .doc = "In GiB" },
};
static const struct spec system_spec = { SPEC_INIT("SystemHealth", struct system_view, system_fields),
    .doc = "The machine of the process that answers" };

struct detailed_view {
    int status;
    int64_t timestamp_us;
    struct checks_view checks;
    struct system_view system;
};
#define DETAILED_FIELD(member) .offset = offsetof(struct detailed_view, member)
static const struct field detailed_fields[] = {
    { "status", FIELD_ENUM, DETAILED_FIELD(status), .names = readiness_status_names,
      .type_name = "ReadinessStatus", .doc = "Of all together; unhealthy, with status 503: the database is away" },
    { "timestamp", FIELD_TIME, DETAILED_FIELD(timestamp_us), .doc = "The server's clock" },
    { "checks", FIELD_OBJECT, DETAILED_FIELD(checks), .spec = &checks_spec, .doc = "How each part does" },
    { "system", FIELD_OBJECT, DETAILED_FIELD(system), .spec = &system_spec, .doc = "The machine" },
};
static const struct spec detailed_spec = { SPEC_INIT("DetailedHealth", struct detailed_view, detailed_fields),
    .doc = "How the server does, part by part" };
/* clang-format on */

/* ---- handlers ---- */

#define BYTES_PER_GB (1024.0 * 1024 * 1024)
#define BUSY_PERCENT 90

static const enum readiness_status statuses[] = {
    [PART_OK] = READINESS_HEALTHY,
    [PART_DEGRADED] = READINESS_DEGRADED,
    [PART_DOWN] = READINESS_UNHEALTHY,
    [PART_OFF] = READINESS_HEALTHY,
};

static void status_set(struct reply *reply, enum readiness_status status)
{
    if (status != READINESS_UNHEALTHY)
        return;
    reply->status = UNHEALTHY_STATUS;
    reply_header(reply, "Retry-After", UNHEALTHY_RETRY_AFTER);
}

static struct part_view part_look(struct ctx *ctx, enum part part, struct str error)
{
    struct health_part health;

    health_part(ctx, part, &health);
    return (struct part_view){
        .status = (int)statuses[health.state],
        .timestamp_us = ctx->now_us,
        .took_ms = (double)health.took_us / 1000,
        .error = health.state == PART_DOWN ? error : (struct str){ NULL, 0 },
    };
}

static enum err database_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct str error = STR("The database does not answer");
    struct database_view view = { .part = part_look(ctx, PART_DATABASE, error) };
    struct health_counts counts;
    struct counts_view counts_view;

    (void)call;
    if (view.part.status == READINESS_HEALTHY && health_counts(ctx, &counts) == ERR_OK) {
        counts_view = (struct counts_view){ counts.user_count, counts.workspace_count, counts.chat_count };
        view.counts = &counts_view;
    } else {
        view.part.status = READINESS_UNHEALTHY;
        view.part.error = error;
    }
    status_set(reply, (enum readiness_status)view.part.status);
    spec_encode(&reply->json, &database_spec, &view);
    return ERR_OK;
}

/* The store may be well while the database, which knows the files, is away. */
static enum err storage_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct storage_view view = {
        .part = part_look(ctx, PART_STORE, STR("The object store does not answer")),
        .files_count = INT_NULL,
    };

    (void)call;
    if (ctx->config->minio_endpoint[0] != '\0')
        view.bucket = str_from(ctx->config->minio_bucket_name);
    if (health_files(ctx, &view.files_count) != ERR_OK)
        view.files_count = INT_NULL;
    status_set(reply, (enum readiness_status)view.part.status);
    spec_encode(&reply->json, &storage_spec, &view);
    return ERR_OK;
}

static enum err inference_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct health_part health;
    struct inference_view view = { .timestamp_us = ctx->now_us };

    (void)call;
    health_part(ctx, PART_INFERENCE, &health);
    view.status = (int)statuses[health.state];
    status_set(reply, (enum readiness_status)view.status);
    spec_encode(&reply->json, &inference_spec, &view);
    return ERR_OK;
}

static struct str details_of(enum part_state state)
{
    static const struct str sentences[] = {
        [PART_OK] = STR_INIT("It answers"),
        [PART_DEGRADED] = STR_INIT("It works, but not for long or not as it should"),
        [PART_DOWN] = STR_INIT("It does not answer or cannot be used"),
        [PART_OFF] = STR_INIT("None is set"),
    };

    return sentences[state];
}

static void system_look(struct ctx *ctx, const struct health_look *look, struct system_view *ret_view)
{
    struct health_system *system = &ret_view->system;

    health_system_end(ctx, look, system);
    ret_view->memory_used_gb = (double)system->memory_used_bytes / BYTES_PER_GB;
    ret_view->memory_total_gb = (double)system->memory_total_bytes / BYTES_PER_GB;
    ret_view->disk_used_gb = (double)system->disk_used_bytes / BYTES_PER_GB;
    ret_view->disk_total_gb = (double)system->disk_total_bytes / BYTES_PER_GB;
}

static enum err detailed_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct detailed_view view = { .timestamp_us = ctx->now_us };
    struct readiness readiness;
    struct health_look look;

    (void)call;
    health_system_begin(&look);
    readiness_look(ctx, &readiness);
    for (int part = 0; part < PART_COUNT; part++)
        view.checks.parts[part] = (struct check_view){ (int)statuses[readiness.parts[part]],
                                                       details_of(readiness.parts[part]) };
    system_look(ctx, &look, &view.system);
    view.status = (int)readiness.status;
    if (readiness.status == READINESS_HEALTHY &&
        (view.system.system.cpu_percent >= BUSY_PERCENT || view.system.system.memory_percent >= BUSY_PERCENT))
        view.status = READINESS_DEGRADED;
    status_set(reply, readiness.status);
    spec_encode(&reply->json, &detailed_spec, &view);
    return ERR_OK;
}

#define FOR_OPERATORS \
    .access = ACCESS_METRICS, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_METRICS, .rate = RATE_READ, .status = 200, \
    .failed_status = UNHEALTHY_STATUS, .tag = "Server"
/* clang-format off */
static const struct route routes[] = {
    { GET, "/health/detailed", detailed_get, FOR_OPERATORS, .reply = &detailed_spec,
      .id = "getDetailedHealth",
      .doc = "Degraded, too, where processors or memory are in use by 90 % or more. Database and store are asked within 2 "
             "seconds each.",
      .summary = "Say how each part does, and the machine" },
    { GET, "/health/database", database_get, FOR_OPERATORS, .reply = &database_spec,
      .id = "getDatabaseHealth",
      .doc = "It is asked now, and has 2 seconds to answer.",
      .summary = "Ask the database, and count what is in it" },
    { GET, "/health/db", database_get, FOR_OPERATORS, .reply = &database_spec,
      .id = "getDbHealth",
      .doc = "The same as `GET /health/database`.",
      .summary = "Ask the database, and count what is in it" },
    { GET, "/health/storage", storage_get, FOR_OPERATORS, .reply = &storage_spec,
      .id = "getStorageHealth",
      .doc = "It is asked now, and has 2 seconds to answer.",
      .summary = "Ask the object store" },
    { GET, "/health/inference", inference_get, FOR_OPERATORS, .reply = &inference_spec,
      .id = "getInferenceHealth",
      .doc = "Without a provider the list is empty.",
      .summary = "Say which providers of models there are" },
};
/* clang-format on */
const struct route_table health_routes = { routes, COUNT_OF(routes) };
