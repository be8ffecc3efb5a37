#include "parley/ai/fault.h"

#include <math.h>

#include "mend.h"
#include "parley/core/clock.h"

enum {
    WORDS_MAX_BYTES = 2048,     /* of a message that are looked at: it may repeat the question */
    WAIT_MAX_MS = 24 * 3600000, /* a provider that asks for more is not waited for anyway */
    HEADER_MAX_BYTES = 64,
};

static const struct ai_fault_row rows[] = {
#define AI_FAULT(identifier, code, flags, sentence) { code, sentence, flags },
#include "parley/ai/faults.def"
#undef AI_FAULT
};

const struct ai_fault_row *ai_fault_row(enum ai_fault fault)
{
    return &rows[(size_t)fault < COUNT_OF(rows) ? fault : AI_FAULT_NONE];
}

enum ai_fault ai_fault_find(struct str code)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq_c(code, rows[i].code))
            return (enum ai_fault)i;
    return AI_FAULT_NONE;
}

/* ---- words ---- */

struct word_row {
    const char *word; /* lower case */
    enum ai_fault fault;
};

/*
 * What says more than a status does; the first row that is in the code or in the message decides. None of them stands for a fault
 * of the moment, since a message may be anything.
 */
static const struct word_row strong[] = {
    { "insufficient_quota", AI_FAULT_OUT_OF_CREDIT }, /* OpenAI, with 429 */
    { "credit balance", AI_FAULT_OUT_OF_CREDIT },     /* Anthropic, with 400 */
    { "insufficient credits", AI_FAULT_OUT_OF_CREDIT },
    { "insufficient balance", AI_FAULT_OUT_OF_CREDIT },
    { "billing_", AI_FAULT_OUT_OF_CREDIT },
    { "api key not valid", AI_FAULT_REFUSED_KEY }, /* Gemini, with 400 */
    { "invalid_api_key", AI_FAULT_REFUSED_KEY },
    { "context_length_exceeded", AI_FAULT_CONTEXT_TOO_LONG }, /* OpenAI, Azure, OpenRouter */
    { "exceed_context_size", AI_FAULT_CONTEXT_TOO_LONG },     /* llama.cpp */
    { "exceeds the available context size", AI_FAULT_CONTEXT_TOO_LONG },
    { "maximum context length", AI_FAULT_CONTEXT_TOO_LONG },     /* OpenAI, vLLM, Mistral */
    { "model's context length", AI_FAULT_CONTEXT_TOO_LONG },     /* SGLang */
    { "input_tokens", AI_FAULT_CONTEXT_TOO_LONG },               /* vLLM, as the parameter */
    { "prompt is too long", AI_FAULT_CONTEXT_TOO_LONG },         /* Anthropic */
    { "exceed context limit", AI_FAULT_CONTEXT_TOO_LONG },       /* Anthropic, with its max_tokens */
    { "input is too long", AI_FAULT_CONTEXT_TOO_LONG },          /* Bedrock */
    { "input token count", AI_FAULT_CONTEXT_TOO_LONG },          /* Gemini */
    { "tokens_limit_reached", AI_FAULT_CONTEXT_TOO_LONG },       /* Azure's catalogue */
    { "max_prompt_tokens_exceeded", AI_FAULT_CONTEXT_TOO_LONG }, /* the same */
    { "reduce the length of the", AI_FAULT_CONTEXT_TOO_LONG },   /* Groq and others */
    { "exceeds the context window", AI_FAULT_CONTEXT_TOO_LONG }, /* Ollama */
    { "tokens + `max_new_tokens`", AI_FAULT_CONTEXT_TOO_LONG },  /* TGI */
    { "content_filter", AI_FAULT_CONTENT_FILTERED },             /* Azure */
    { "content_policy", AI_FAULT_CONTENT_FILTERED },
    { "responsibleaipolicyviolation", AI_FAULT_CONTENT_FILTERED },
    { "model_not_found", AI_FAULT_MODEL_GONE },
    { "invalid model name", AI_FAULT_MODEL_GONE }, /* LiteLLM, with 400 */
    { NULL, AI_FAULT_NONE },
};

/* What a code or a type says where there is no status, or none that says it. */
static const struct word_row weak[] = {
    { "authentication", AI_FAULT_REFUSED_KEY },
    { "permission", AI_FAULT_REFUSED_KEY },
    { "unauthenticated", AI_FAULT_REFUSED_KEY },
    { "rate_limit", AI_FAULT_RATE_LIMITED },
    { "resource_exhausted", AI_FAULT_RATE_LIMITED },
    { "too_many_requests", AI_FAULT_RATE_LIMITED },
    { "overloaded", AI_FAULT_OVERLOADED },
    { "unavailable", AI_FAULT_OVERLOADED },
    { "not_found", AI_FAULT_MODEL_GONE },
    { "notfound", AI_FAULT_MODEL_GONE },
    { "invalid_request", AI_FAULT_REFUSED },
    { "invalid_argument", AI_FAULT_REFUSED },
    { "badrequest", AI_FAULT_REFUSED },
    { NULL, AI_FAULT_NONE },
};

static bool contains(struct str text, const char *word)
{
    size_t len = strlen(word);

    text = str_head(text, WORDS_MAX_BYTES);
    for (size_t i = 0; i + len <= text.len; i++)
        if (str_eq_nocase((struct str){ text.ptr + i, len }, (struct str){ word, len }))
            return true;
    return false;
}

/* What is known of a fault: words of a machine, words for people, and a status; each may be missing. */
struct told {
    struct str code, type, param, message;
    int status; /* 0: none */
};

static enum ai_fault code_find(const struct word_row *row, const struct told *told)
{
    for (; row->word != NULL; row++)
        if (contains(told->code, row->word) || contains(told->type, row->word) || contains(told->param, row->word))
            return row->fault;
    return AI_FAULT_NONE;
}

static enum ai_fault message_find(const struct word_row *row, const struct told *told)
{
    for (; row->word != NULL; row++)
        if (contains(told->message, row->word))
            return row->fault;
    return AI_FAULT_NONE;
}

/* ---- statuses ---- */

static const struct status_row {
    int status;
    enum ai_fault fault;
} statuses[] = {
    { 401, AI_FAULT_REFUSED_KEY },  { 402, AI_FAULT_OUT_OF_CREDIT }, { 403, AI_FAULT_REFUSED_KEY },
    { 404, AI_FAULT_MODEL_GONE },   { 408, AI_FAULT_OVERLOADED },    { 413, AI_FAULT_CONTEXT_TOO_LONG },
    { 429, AI_FAULT_RATE_LIMITED }, { 503, AI_FAULT_OVERLOADED },    { 529, AI_FAULT_OVERLOADED },
};

static enum ai_fault status_find(int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].fault;
    return AI_FAULT_NONE;
}

/* May a message about length be believed? One about a rate counts tokens too. */
static bool status_is_plain(int status)
{
    return status != 401 && status != 403 && status != 429;
}

static enum ai_fault judge(const struct told *told)
{
    enum ai_fault fault = code_find(strong, told);

    if (fault == AI_FAULT_NONE && status_is_plain(told->status))
        fault = message_find(strong, told);
    if (fault == AI_FAULT_NONE)
        fault = status_find(told->status);
    if (fault == AI_FAULT_NONE)
        fault = code_find(weak, told);
    if (fault != AI_FAULT_NONE)
        return fault;
    return told->status >= 400 && told->status < 500 ? AI_FAULT_REFUSED : AI_FAULT_SERVICE_ERROR;
}

/* ---- errors ---- */

/* A status that is given as a number or as its digits. */
static int status_of(const struct json_in *value)
{
    int64_t status = (int64_t)fmin(fmax(json_in_number(value), 0), 1000);

    if (json_in_kind(value) == JSON_STRING_KIND && str_to_int64(json_in_string(value), &status) != ERR_OK)
        return 0;
    return status >= 400 && status <= 599 ? (int)status : 0;
}

static struct str text_of(const struct json_in *object, const char *name)
{
    return json_in_string(json_in_member(object, name));
}

/* {message, type, code, param}, {message, status, code} of Google's, a text, or {detail} of FastAPI. */
static void told_read(const struct json_in *error, struct told *told)
{
    int status = status_of(json_in_member(error, "code"));

    if (json_in_kind(error) == JSON_STRING_KIND) {
        told->message = json_in_string(error);
        return;
    }
    told->message = text_of(error, "message");
    told->code = text_of(error, "code");
    told->type = text_of(error, "type");
    told->param = text_of(error, "param");
    if (told->message.len == 0)
        told->message = text_of(error, "detail");
    if (text_of(error, "status").len > 0)
        told->type = text_of(error, "status");
    if (told->status == 0)
        told->status = status;
}

static bool says_nothing(const struct json_in *error)
{
    enum json_in_kind kind = json_in_kind(error);

    return kind == JSON_NULL_KIND || (kind == JSON_BOOL_KIND && !json_in_boolean(error)) ||
           (kind == JSON_STRING_KIND && json_in_string(error).len == 0);
}

enum ai_fault ai_fault_of_error(const struct json_in *error)
{
    struct told told = { .status = 0 };
    const struct json_in *inner = json_in_member(error, "error");

    if (says_nothing(error))
        return AI_FAULT_NONE;
    told_read(says_nothing(inner) ? error : inner, &told);
    return judge(&told);
}

/* ---- replies ---- */

static const struct json_in *body_parse(struct arena *scratch, struct str body)
{
    const struct json_in *root = NULL;
    const char *reason;

    if (mend_json(scratch, body, &body) != ERR_OK || json_in_parse_lenient(scratch, body, &root, &reason) != ERR_OK)
        return NULL;
    return json_in_kind(root) == JSON_ARRAY_KIND ? json_in_at(root, 0) : root; /* Gemini's without alt=sse */
}

enum ai_fault ai_fault_of_reply(struct arena *scratch, int status, struct str body)
{
    struct told told = { .status = status < 400 ? 0 : status, .message = body };
    const struct json_in *root = body_parse(scratch, body), *error = json_in_member(root, "error");

    if (root != NULL)
        told_read(says_nothing(error) ? root : error, &told);
    if (status < 400 && says_nothing(error))
        return AI_FAULT_BAD_ANSWER;
    return judge(&told);
}

/* ---- how long to wait ---- */

static int64_t wait_ms(double ms)
{
    return !(ms >= 0) ? -1 : ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int64_t)ceil(ms);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static int64_t date_ms(const char *text, int64_t now_us)
{
    struct tm parts = { 0 };
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    int64_t ms;

    if (end == NULL || *end != '\0')
        return -1;
    ms = (int64_t)timegm(&parts) * 1000 - now_us / US_PER_MS;
    return wait_ms(ms > 0 ? (double)ms : 0);
}

int64_t ai_fault_retry_after_ms(struct str name, struct str value, int64_t now_us)
{
    bool is_ms = str_eq_nocase(name, STR("retry-after-ms"));
    char text[HEADER_MAX_BYTES];
    char *end;
    double number;

    value = str_trim(value);
    if ((!is_ms && !str_eq_nocase(name, STR("retry-after"))) || value.len == 0 || value.len >= sizeof(text))
        return -1;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    number = strtod(text, &end);
    if (end != text && *end == '\0')
        return wait_ms(is_ms ? number : number * 1000);
    return is_ms ? -1 : date_ms(text, now_us);
}
