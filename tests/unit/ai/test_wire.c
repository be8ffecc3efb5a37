/* Real servers' replies: wire/ (expect.py there says whose). */
#include <fcntl.h>
#include <unistd.h>

#include "read_fixture.h"

enum {
    CUT_EVERYWHERE_MAX_BYTES = 2500
}; /* longer ones are cut byte by byte only: two pieces at each byte take a minute */

static struct buf file_read(const char *name, const char *suffix)
{
    char path[256];
    struct buf bytes;
    int fd;

    (void)snprintf(path, sizeof(path), "tests/unit/ai/wire/%s%s", name, suffix);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("%s cannot be read\n", path);
    buf_init(&bytes, MIB);
    assert_ok(buf_add_fd(&bytes, fd));
    close(fd);
    return bytes;
}

static const char *const openai_streams[] = {
    "litellm-chat-stream",         "llama-chat-stream",      "llama-chat-stream-n2",
    "llama-chat-stream-usage",     "llama-error-model",      "llama-context-filled-stream",
    "llama-json-schema-stream",    "llama-stop-word",        "llama-tools-forced-stream",
    "llama-tools-required-stream", "llama-responses-stream", "vllm-chat-stream",
    "vllm-chat-stream-n2",         "vllm-chat-stream-usage", "vllm-json-schema-stream",
    "vllm-reasoning-stream",       "vllm-stop-word",         "vllm-tools-forced-stream",
    "vllm-tools-required-stream",  "vllm-responses-stream",
};

static const char *const anthropic_streams[] = { "llama-messages-stream", "vllm-messages-stream" };

/* Answers that came whole, since nobody asked for a stream. */
static const char *const whole_answers[] = {
    "litellm-chat-nostream", "llama-chat-nostream",     "llama-error-badrole",
    "llama-error-maxtokens", "llama-tools-nostream",    "vllm-chat-nostream",
    "vllm-error-badrole",    "vllm-reasoning-nostream", "vllm-tools-forced-nostream",
};

static void check_stream(const char *kind, const char *name)
{
    struct buf stream = file_read(name, ""), expected = file_read(name, ".expected");

    if (stream.len <= CUT_EVERYWHERE_MAX_BYTES) {
        assert_reads(kind, buf_str(&stream), buf_str(&expected));
    } else {
        assert_replay(kind, buf_str(&stream), stream.len, buf_str(&expected));
        assert_replay(kind, buf_str(&stream), SIZE_MAX, buf_str(&expected));
    }
    buf_release(&stream);
    buf_release(&expected);
}

static void test_wire__streams_are_read_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(openai_streams); i++)
        check_stream("openai", openai_streams[i]);
    for (size_t i = 0; i < COUNT_OF(anthropic_streams); i++)
        check_stream("anthropic", anthropic_streams[i]);
}

static void test_wire__whole_answers_are_read_as_one_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(whole_answers); i++) {
        struct buf body = file_read(whole_answers[i], ""), expected = file_read(whole_answers[i], ".expected"), stream;
        buf_init(&stream, MIB);
        buf_add_c(&stream, "data: ");
        buf_add(&stream, buf_str(&body));
        buf_add_c(&stream, "\n\n");
        assert_replay("vllm", buf_str(&stream), stream.len, buf_str(&expected));
        buf_release(&stream);
        buf_release(&body);
        buf_release(&expected);
    }
}

static const struct {
    const char *name;
    int status;
    enum ai_fault fault;
} errors[] = {
    { "litellm-error-badbody", 400, AI_FAULT_REFUSED },
    { "litellm-error-badkey", 400, AI_FAULT_REFUSED },
    { "litellm-error-nomodel", 400, AI_FAULT_MODEL_GONE },
    { "litellm-error-notjson", 400, AI_FAULT_REFUSED },
    { "litellm-responses-stream", 404, AI_FAULT_MODEL_GONE },
    { "llama-error-badfield", 400, AI_FAULT_REFUSED },
    { "llama-error-badjson", 400, AI_FAULT_REFUSED },
    { "llama-error-context", 400, AI_FAULT_CONTEXT_TOO_LONG },
    { "llama-error-context-stream", 400, AI_FAULT_CONTEXT_TOO_LONG },
    { "llama-error-nomessages", 400, AI_FAULT_REFUSED },
    { "llama-error-path", 404, AI_FAULT_MODEL_GONE },
    { "llama-image-url", 500, AI_FAULT_SERVICE_ERROR },
    { "portkey-chat-stream", 500, AI_FAULT_SERVICE_ERROR },
    { "vllm-error-badfield", 400, AI_FAULT_REFUSED },
    { "vllm-error-badjson", 400, AI_FAULT_REFUSED },
    { "vllm-error-context", 400, AI_FAULT_CONTEXT_TOO_LONG },
    { "vllm-error-context-stream", 400, AI_FAULT_CONTEXT_TOO_LONG },
    { "vllm-error-maxtokens", 400, AI_FAULT_REFUSED },
    { "vllm-error-model", 404, AI_FAULT_MODEL_GONE },
    { "vllm-error-nomessages", 400, AI_FAULT_REFUSED },
    { "vllm-error-path", 404, AI_FAULT_MODEL_GONE },
    { "vllm-image-url", 400, AI_FAULT_REFUSED },
    { "vllm-tools-nostream", 400, AI_FAULT_REFUSED },
};

static void check_error(const char *name, enum ai_fault got, enum ai_fault wanted)
{
    if (got != wanted)
        fail_msg("%s is %s, not %s\n", name, ai_fault_row(got)->code, ai_fault_row(wanted)->code);
}

/* As a reply of its status; and inside a stream, where there is no status but what the error says. */
static void test_wire__errors_are_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        struct buf body = file_read(errors[i].name, "");
        check_error(errors[i].name, ai_fault_of_reply(scratch, errors[i].status, buf_str(&body)), errors[i].fault);
        arena_reset(scratch);
        buf_release(&body);
    }
}

static void test_wire__errors_inside_a_stream_are_told_apart_too(void **state)
{
    struct reading r;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        struct buf body = file_read(errors[i].name, "");
        if (memmem(body.ptr, body.len, "\"error\"", 7) != NULL) {
            reading_begin(&r, "openai");
            reading_add(&r, STR("data: "));
            reading_add(&r, buf_str(&body));
            reading_add(&r, STR("\n\n"));
            check_error(errors[i].name, r.read.fault, errors[i].fault);
            reading_release(&r);
        }
        buf_release(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wire__streams_are_read_however_they_are_cut),
        cmocka_unit_test(test_wire__whole_answers_are_read_as_one_event),
        cmocka_unit_test(test_wire__errors_are_told_apart),
        cmocka_unit_test(test_wire__errors_inside_a_stream_are_told_apart_too),
    };
    return cmocka_run_group_tests(tests, read_setup, read_teardown);
}
