/*
 * Follows the event log as a process of the server does, relay included, and says what its hub would be told: for
 * test_event_log*.py. Settings come from the environment. Usage: event_follower
 *
 * Standard output: a line of JSON for each call of the sink, and for each answer to a line of standard input:
 *   replay USER WORKSPACE CHAT AFTER UPTO   integer keys (0: none) and positions
 * Ends with standard input.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "parley/bus/bus.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/core/task.h"
#include "parley/db/db.h"
#include "parley/domain/events/event_log.h"
#include "parley/domain/events/event_replay.h"
#include "parley/shapes/event_encode.h"

enum { RECORD_HEAD_BYTES = 8 };

static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

/* ---- lines ---- */

static void line_begin(struct buf *line, struct json_out *out, const char *what)
{
    buf_init(line, REPLY_MAX_BYTES);
    json_out_init(out, line);
    json_out_object(out);
    json_out_kv_c(out, "what", what);
}

static void line_end(struct buf *line, struct json_out *out)
{
    json_out_object_end(out);
    pthread_mutex_lock(&output);
    printf("%s\n", line->ptr);
    fflush(stdout);
    pthread_mutex_unlock(&output);
    buf_release(line);
}

/* What is in the STDOUT records. */
static void text_write(struct json_out *out, const struct live_record *record)
{
    struct buf text;

    buf_init(&text, REPLY_MAX_BYTES);
    for (size_t at = 0; at < record->len;) {
        const unsigned char *head = record->bytes + at;
        size_t len = (size_t)head[4] << 8 | head[5];

        buf_add_bytes(&text, head + RECORD_HEAD_BYTES, len);
        at += RECORD_HEAD_BYTES + len + head[6];
    }
    json_out_kv_str(out, "text", buf_str(&text));
    buf_release(&text);
}

/* ---- the sink ---- */

static void say_start(void *arg, const char *epoch, int64_t position)
{
    struct buf line;
    struct json_out out;

    (void)arg;
    line_begin(&line, &out, "start");
    json_out_kv_c(&out, "epoch", epoch);
    json_out_kv_int(&out, "position", position);
    line_end(&line, &out);
}

static void say_event(void *arg, const struct live_event *event)
{
    static const char *const audiences[] = { "nobody", "workspace", "members", "user", "others" };
    static const char *const changes[] = { "nothing",  "joined", "left",   "chat_ended", "workspace_ended",
                                           "sessions", "keys",   "rights", "expired" };
    struct buf line;
    struct json_out out;

    (void)arg;
    line_begin(&line, &out, "event");
    json_out_kv_int(&out, "position", event->position);
    json_out_kv_c(&out, "audience", audiences[event->audience]);
    json_out_kv_c(&out, "change", changes[event->change]);
    json_out_kv_int(&out, "workspace_id", event->workspace_id);
    json_out_kv_int(&out, "chat_id", event->chat_id);
    json_out_kv_int(&out, "user_id", event->user_id);
    json_out_kv_int(&out, "session_id", event->session_id);
    json_out_kv_int(&out, "kept_session_id", event->kept_session_id);
    json_out_kv_int(&out, "key_id", event->key_id);
    json_out_key(&out, "members");
    json_out_array(&out);
    for (size_t i = 0; i < event->member_count; i++)
        json_out_int(&out, event->member_ids[i]);
    json_out_array_end(&out);
    if (event->record != NULL)
        text_write(&out, event->record);
    line_end(&line, &out);
}

static void note_look(void *arg)
{
    (void)arg;
}

static void say_silence(void *arg)
{
    struct buf line;
    struct json_out out;

    (void)arg;
    line_begin(&line, &out, "silence");
    line_end(&line, &out);
}

static bool is_watched(void *arg)
{
    (void)arg;
    return true;
}

/* ---- replay ---- */

static void replay(struct app *app, const char *text)
{
    struct event_replay_opts opts = { .content = event_encode };
    struct event_replay found = { .is_sync = false };
    struct task task = { .ctx.app = NULL };
    char after[100] = "";
    struct json_out out;
    struct buf line;
    enum err e;

    if (sscanf(text, "replay %" SCNd64 " %" SCNd64 " %" SCNd64 " %99s %" SCNd64, &opts.user_id, &opts.workspace_id,
               &opts.chat_id, after, &opts.upto) != 5)
        return;
    opts.after = str_from(after);
    e = task_begin(&task, app);
    if (e == ERR_OK)
        e = event_replay(&task.ctx, &opts, &found);
    line_begin(&line, &out, "replay");
    json_out_kv_c(&out, "error", err_info(e)->code);
    json_out_kv_bool(&out, "sync", found.is_sync);
    json_out_kv_int(&out, "count", (int64_t)found.count);
    json_out_kv_str(&out, "text", found.text);
    line_end(&line, &out);
    task_end(&task);
}

/* ---- the program ---- */

static int fault(const char *what, const struct buf *text)
{
    fprintf(stderr, "event_follower: %s: %s\n", what, text->ptr);
    return 1;
}

int main(void)
{
    const struct config_load_opts load_opts = { .environment = environ };
    struct event_log_opts opts = { .sink = { NULL, say_start, say_event, note_look, say_silence, is_watched },
                                   .content = event_encode };
    struct event_log *log = NULL;
    struct config *config = NULL;
    struct app app = { .db = NULL };
    struct buf error_text;
    char line[500];

    buf_init(&error_text, 1 * MIB);
    if (config_load(&load_opts, &error_text, &config) != ERR_OK)
        return fault("settings", &error_text);
    if (db_open(config, DB_UNCHECKED, &error_text, &app.db) != ERR_OK)
        return fault("database", &error_text);
    if (bus_open(config, &error_text, &app.bus) != ERR_OK)
        return fault("bus", &error_text);
    app.config = config_box_new(config);
    opts.app = &app;
    if (event_log_new(&opts, &log) != ERR_OK)
        return fault("log", &error_text);
    while (fgets(line, sizeof(line), stdin) != NULL)
        replay(&app, line);
    if (event_log_stop(log) != ERR_OK)
        _exit(1);
    bus_close(app.bus);
    event_log_free(log);
    db_close(app.db);
    config_box_free(app.config);
    buf_release(&error_text);
    return 0;
}
