#include "parley/ai/kinds.h"

#include "parley/core/arena.h"
#include "parley/core/json_in.h"
#include "unit.h"

#define TEXT_PART(t) \
    { \
        .kind = AI_PART_TEXT, .text = STR_INIT(t) \
    }
#define IMAGE_PART(name, n, size) \
    { \
        .kind = AI_PART_IMAGE, .text = STR_INIT(name), .content_type = STR_INIT("image/png"), .size_bytes = (size), \
        .file = (n) \
    }

static const struct ai_part hello[] = { TEXT_PART("Hello") };
static const struct ai_part hi[] = { TEXT_PART("Hi"), TEXT_PART(""), TEXT_PART("there") };
static const struct ai_part nothing[] = { TEXT_PART("") };
static const struct ai_part look[] = { TEXT_PART("Look"), IMAGE_PART("a.png", 7, 4), IMAGE_PART("b.png", 3, 6),
                                       TEXT_PART("?") };

#define SAYS(r, p) \
    { \
        .role = (r), .parts = (p), .part_count = COUNT_OF(p) \
    }
#define NAMED(n, p) \
    { \
        .role = AI_USER, .name = STR_INIT(n), .parts = (p), .part_count = COUNT_OF(p) \
    }

static const struct ai_message talk[] = { SAYS(AI_USER, hello), SAYS(AI_ASSISTANT, hi), SAYS(AI_USER, hello) };
static const struct ai_message people[] = { NAMED("Ann", hello), NAMED("Bob", hi), SAYS(AI_ASSISTANT, nothing),
                                            NAMED("Ann", hello) };
static const struct ai_message images[] = { NAMED("Ann", look) };
static const struct ai_message answer_first[] = { SAYS(AI_ASSISTANT, hi), SAYS(AI_USER, hello) };

#define ASK(m, f) \
    { \
        .model = STR_INIT("m"), .system = STR_INIT("Be brief"), .messages = (m), .message_count = COUNT_OF(m), \
        .max_tokens = 100, .flags = (f) \
    }

/* Writes a question; with marks where its files go. */
static void check_ask(const char *kind, const struct ai_ask *ask, const char *expected)
{
    const struct provider_ops *ops = kinds_find(str_from(kind));
    const struct json_in *root;
    const char *reason;
    struct ai_pieces pieces;
    struct arena *arena = arena_new(MIB);
    struct buf body, marked;
    size_t at = 0;

    buf_init(&body, MIB);
    buf_init(&marked, MIB);
    assert_ok(ops->body_write(ask, &body, &pieces));
    assert_ok(json_in_parse(arena, buf_str(&body), &root, &reason));
    for (size_t i = 0; i < pieces.count; i++) {
        buf_add(&marked, str_head(str_tail(buf_str(&body), at), pieces.pieces[i].body_at - at));
        buf_addf(&marked, "<%d>", pieces.pieces[i].file);
        at = pieces.pieces[i].body_at;
    }
    buf_add(&marked, str_tail(buf_str(&body), at));
    assert_string_equal(marked.ptr, expected);
    buf_release(&body);
    buf_release(&marked);
    arena_free(arena);
}

static void test_kinds__openai_asks(void **state)
{
    struct ai_ask ask = ASK(talk, AI_SYSTEM | AI_USAGE_IN_STREAM);

    (void)state;
    check_ask("openai", &ask,
              "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},"
              "{\"role\":\"user\",\"content\":\"Hello\"},{\"role\":\"assistant\",\"content\":\"Hi\\n\\nthere\"},"
              "{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"max_tokens\":100,"
              "\"stream_options\":{\"include_usage\":true}}");
    ask.flags = AI_SYSTEM | AI_MAX_COMPLETION_TOKENS;
    ask.system.len = 0;
    ask.has_temperature = true;
    ask.temperature = 0.5;
    check_ask("vllm", &ask,
              "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"},"
              "{\"role\":\"assistant\",\"content\":\"Hi\\n\\nthere\"},{\"role\":\"user\",\"content\":\"Hello\"}],"
              "\"stream\":true,\"max_completion_tokens\":100,\"temperature\":0.5}");
}

static void test_kinds__anthropic_asks(void **state)
{
    struct ai_ask ask = ASK(talk, AI_SYSTEM);

    (void)state;
    ask.has_temperature = true;
    ask.temperature = 1.5;
    check_ask("anthropic", &ask,
              "{\"model\":\"m\",\"max_tokens\":100,\"system\":\"Be brief\",\"messages\":["
              "{\"role\":\"user\",\"content\":\"Hello\"},{\"role\":\"assistant\",\"content\":\"Hi\\n\\nthere\"},"
              "{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true,\"temperature\":1}");
}

static void test_kinds__gemini_asks(void **state)
{
    struct ai_ask ask = ASK(talk, AI_SYSTEM);

    (void)state;
    ask.has_temperature = true;
    ask.temperature = 0.5;
    check_ask(
        "gemini", &ask,
        "{\"systemInstruction\":{\"parts\":[{\"text\":\"Be brief\"}]},\"contents\":["
        "{\"role\":\"user\",\"parts\":[{\"text\":\"Hello\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"Hi\\n\\nthere\"}]},"
        "{\"role\":\"user\",\"parts\":[{\"text\":\"Hello\"}]}],"
        "\"generationConfig\":{\"maxOutputTokens\":100,\"temperature\":0.5}}");
}

static void test_kinds__neighbours_of_one_role_are_one_message_with_names(void **state)
{
    const struct ai_ask ask = ASK(people, AI_SYSTEM);

    (void)state;
    check_ask(
        "anthropic", &ask,
        "{\"model\":\"m\",\"max_tokens\":100,\"system\":\"Be brief\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Ann: Hello\\n\\nBob: Hi\\n\\nthere\\n\\nAnn: Hello\"}],\"stream\":true}");
}

static void test_kinds__a_model_without_system_prompt_gets_it_in_front(void **state)
{
    const struct ai_ask ask = ASK(talk, 0);

    (void)state;
    check_ask(
        "anthropic", &ask,
        "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"Be brief\\n\\nHello\"},"
        "{\"role\":\"assistant\",\"content\":\"Hi\\n\\nthere\"},{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}");
}

static void test_kinds__an_answer_in_front_is_left_out_where_it_is_refused(void **state)
{
    const struct ai_ask ask = ASK(answer_first, AI_SYSTEM);

    (void)state;
    check_ask("anthropic", &ask,
              "{\"model\":\"m\",\"max_tokens\":100,\"system\":\"Be brief\",\"messages\":["
              "{\"role\":\"user\",\"content\":\"Hello\"}],\"stream\":true}");
    check_ask("vllm", &ask,
              "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},"
              "{\"role\":\"assistant\",\"content\":\"Hi\\n\\nthere\"},{\"role\":\"user\",\"content\":\"Hello\"}],"
              "\"stream\":true,\"max_tokens\":100}");
}

static void test_kinds__images_have_places(void **state)
{
    const struct ai_ask ask = ASK(images, AI_IMAGES);

    (void)state;
    check_ask(
        "openai", &ask,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Be brief\\n\\nAnn: Look\"},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,<7>\"}},"
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,<3>\"}},"
        "{\"type\":\"text\",\"text\":\"?\"}]}],\"stream\":true,\"max_tokens\":100}");
    check_ask("anthropic", &ask,
              "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":["
              "{\"type\":\"text\",\"text\":\"Be brief\\n\\nAnn: Look\"},"
              "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"<7>\"}},"
              "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"<3>\"}},"
              "{\"type\":\"text\",\"text\":\"?\"}]}],\"stream\":true}");
    check_ask("gemini", &ask,
              "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Be brief\\n\\nAnn: Look\"},"
              "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"<7>\"}},"
              "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"<3>\"}},{\"text\":\"?\"}]}],"
              "\"generationConfig\":{\"maxOutputTokens\":100}}");
}

static void test_kinds__a_model_that_sees_no_images_is_told_their_names(void **state)
{
    const struct ai_ask ask = ASK(images, AI_SYSTEM);

    (void)state;
    check_ask(
        "vllm", &ask,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief\"},{\"role\":\"user\",\"content\":"
        "\"Ann: Look\\n\\n[image: a.png]\\n\\n[image: b.png]\\n\\n?\"}],\"stream\":true,\"max_tokens\":100}");
}

static void test_kinds__bodies_are_as_long_as_with_their_files(void **state)
{
    const struct ai_ask ask = ASK(images, AI_IMAGES);
    struct ai_pieces pieces;
    struct buf body;

    (void)state;
    buf_init(&body, MIB);
    assert_ok(kinds_find(STR("openai"))->body_write(&ask, &body, &pieces));
    assert_int_equal(pieces.count, 2);
    assert_int_equal(kinds_body_bytes(&body, &pieces), (int64_t)body.len + 8 + 8); /* of 4 and of 6 bytes */
    buf_release(&body);
}

static enum err write_status(const struct ai_ask *ask, size_t cap_bytes)
{
    struct ai_pieces pieces;
    struct buf body;
    enum err e;

    buf_init(&body, cap_bytes);
    e = kinds_find(STR("gemini"))->body_write(ask, &body, &pieces);
    buf_release(&body);
    return e;
}

static void test_kinds__what_cannot_be_asked(void **state)
{
    struct ai_part many[AI_IMAGES_MAX + 1];
    const struct ai_message silent[] = { SAYS(AI_USER, nothing) };
    const struct ai_message crowd[] = { { .role = AI_USER, .parts = many, .part_count = COUNT_OF(many) } };
    const struct ai_ask empty = ASK(silent, AI_SYSTEM), crowded = ASK(crowd, AI_IMAGES), plain = ASK(talk, AI_SYSTEM);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i] = look[1];
    assert_err(write_status(&empty, MIB), ERR_INVALID);
    assert_err(write_status(&crowded, MIB), ERR_TOO_LARGE);
    assert_err(write_status(&plain, 50), ERR_NO_MEMORY);
    assert_ok(write_status(&plain, MIB));
}

static void check_url(const char *kind, const char *base_url, const char *model, const char *expected)
{
    struct buf url;

    buf_init(&url, MIB);
    kinds_url_write(kinds_find(str_from(kind)), str_from(base_url), str_from(model), &url);
    assert_string_equal(url.ptr, expected);
    buf_release(&url);
}

static void test_kinds__addresses(void **state)
{
    (void)state;
    check_url("openai", "https://api.openai.com/v1/", "m", "https://api.openai.com/v1/chat/completions");
    check_url("vllm", "http://gpu:8000/v1", "m", "http://gpu:8000/v1/chat/completions");
    check_url("anthropic", "https://api.anthropic.com/v1", "m", "https://api.anthropic.com/v1/messages");
    check_url("gemini", "https://g/v1beta", "models/x y/z",
              "https://g/v1beta/models/x%20y%2Fz:streamGenerateContent?alt=sse");
}

static void test_kinds__every_row_is_found_by_its_name(void **state)
{
    size_t count = 0;

    (void)state;
    for (; kinds_at(count) != NULL; count++)
        assert_ptr_equal(kinds_find(str_from(kinds_at(count)->kind)), kinds_at(count));
    assert_int_equal(count, 4);
    assert_null(kinds_find(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds__openai_asks),
        cmocka_unit_test(test_kinds__anthropic_asks),
        cmocka_unit_test(test_kinds__gemini_asks),
        cmocka_unit_test(test_kinds__neighbours_of_one_role_are_one_message_with_names),
        cmocka_unit_test(test_kinds__a_model_without_system_prompt_gets_it_in_front),
        cmocka_unit_test(test_kinds__an_answer_in_front_is_left_out_where_it_is_refused),
        cmocka_unit_test(test_kinds__images_have_places),
        cmocka_unit_test(test_kinds__a_model_that_sees_no_images_is_told_their_names),
        cmocka_unit_test(test_kinds__bodies_are_as_long_as_with_their_files),
        cmocka_unit_test(test_kinds__what_cannot_be_asked),
        cmocka_unit_test(test_kinds__addresses),
        cmocka_unit_test(test_kinds__every_row_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
