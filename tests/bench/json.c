/*
 * What it costs to write a page of 50 messages as JSON, against the least that such work can be: to copy the bytes that
 * come out, and to look at each of them once for what must be escaped. In turn, in one process; prints the two times of
 * one page in ns and the ratio's median.
 * Usage: bench_json [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/message.h"
#include "parley/shapes/message.h"

enum { MESSAGES = 50, CONTENT_BYTES = 120, PAGES_PER_ROUND = 400, ROUNDS_MAX = 1000 };

static char content[MESSAGES][CONTENT_BYTES + 1];

/* Sentences with what people write: letters, a few quotes and line feeds, now and then another script. */
static void content_fill(char *text, int seed)
{
    static const char *const words[] = { "the ",       "meeting ", "is ",    "at ", "ten, ",
                                         "\"maybe\" ", "later\n",  "grüße ", "ok ", "build " };
    size_t len = 0;

    for (unsigned i = (unsigned)seed; len < CONTENT_BYTES - 16; i = i * 1103515245u + 12345u) {
        const char *word = words[(i >> 16) % COUNT_OF(words)];
        memcpy(text + len, word, strlen(word));
        len += strlen(word);
    }
    text[len] = '\0';
}

static void messages_fill(struct message *messages)
{
    for (int i = 0; i < MESSAGES; i++) {
        content_fill(content[i], i);
        messages[i] = (struct message){
            .uuid = uuid_new(),
            .chat = uuid_new(),
            .seq = 9000 + i,
            .sender_id = uuid_new(),
            .sender = { uuid_new(), STR("Grace Hopper"), SENDER_PERSON },
            .content = str_from(content[i]),
            .created_us = clock_now_us() - i * US_PER_MINUTE,
            .updated_us = clock_now_us() - i * US_PER_MINUTE,
        };
    }
}

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void encode(struct buf *out, const struct message *messages)
{
    struct json_out json;

    buf_clear(out);
    json_out_init(&json, out);
    spec_encode_list(&json, &message_spec, messages, MESSAGES);
}

static volatile size_t found_count; /* so that no compiler leaves the scan out */

static void copy_and_scan(char *to, struct str page)
{
    size_t found = 0;

    memcpy(to, page.ptr, page.len);
    for (size_t i = 0; i < page.len; i++) {
        unsigned char c = (unsigned char)to[i];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0xE2) {
            found++;
            __asm__ volatile("" : "+r"(found)); /* byte by byte, as the scan of a text is that ends at what it finds */
        }
    }
    found_count = found;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    static struct message messages[MESSAGES];
    static double encoded_ns[ROUNDS_MAX], bare_ns[ROUNDS_MAX], ratios[ROUNDS_MAX];
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    struct buf out;
    char *copy;

    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_json [ROUNDS], at most %d\n", ROUNDS_MAX);
        return 2;
    }
    messages_fill(messages);
    buf_init(&out, 1 * MIB);
    encode(&out, messages);
    copy = malloc(out.len + 1);
    if (copy == NULL)
        return 1;
    for (long i = 0; i < rounds; i++) {
        int64_t began = cpu_ns(), between;
        for (int page = 0; page < PAGES_PER_ROUND; page++)
            encode(&out, messages);
        between = cpu_ns();
        for (int page = 0; page < PAGES_PER_ROUND; page++)
            copy_and_scan(copy, buf_str(&out));
        encoded_ns[i] = (double)(between - began) / PAGES_PER_ROUND;
        bare_ns[i] = (double)(cpu_ns() - between) / PAGES_PER_ROUND;
        ratios[i] = encoded_ns[i] / bare_ns[i];
    }
    qsort(encoded_ns, (size_t)rounds, sizeof(double), by_value);
    qsort(bare_ns, (size_t)rounds, sizeof(double), by_value);
    qsort(ratios, (size_t)rounds, sizeof(double), by_value);
    printf("%zu %.0f %.0f %.3f\n", out.len, encoded_ns[rounds / 2], bare_ns[rounds / 2], ratios[rounds / 2]);
    free(copy);
    buf_release(&out);
    return 0;
}
