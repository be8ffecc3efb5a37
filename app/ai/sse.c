#include "parley/ai/sse.h"

#include "parley/core/limits.h"

/* A buffer that one long event has made larger than this is given back after it. */
#define KEPT_BYTES (16 * KIB)

void sse_init(struct sse *sse, sse_fn fn, void *arg)
{
    *sse = (struct sse){ .fn = fn, .arg = arg };
    buf_init(&sse->line, AI_EVENT_MAX_BYTES);
    buf_init(&sse->data, AI_EVENT_MAX_BYTES);
}

void sse_release(struct sse *sse)
{
    buf_release(&sse->line);
    buf_release(&sse->data);
}

static enum err add(struct buf *buf, struct str bytes)
{
    if (bytes.len > buf->cap_bytes - buf->len)
        return ERR_TOO_LARGE;
    buf_add(buf, bytes);
    return buf_check(buf);
}

static void empty(struct buf *buf)
{
    if (buf->room_bytes > KEPT_BYTES)
        buf_release(buf);
    else
        buf_clear(buf);
}

static enum err dispatch(struct sse *sse)
{
    enum err e = ERR_OK;

    if (sse->has_data)
        e = sse->fn(sse->arg, (struct str){ sse->name, sse->name_len }, buf_str(&sse->data));
    sse->has_data = false;
    sse->name_len = 0;
    empty(&sse->data);
    return e;
}

static void name_set(struct sse *sse, struct str name)
{
    name = str_head(name, SSE_NAME_MAX_BYTES);
    if (name.len > 0)
        memcpy(sse->name, name.ptr, name.len);
    sse->name_len = name.len;
}

static enum err data_add(struct sse *sse, struct str value)
{
    if (sse->has_data)
        TRY(add(&sse->data, STR("\n")));
    sse->has_data = true;
    return add(&sse->data, value);
}

/* A whole line without its end. */
static enum err line_read(struct sse *sse, struct str line)
{
    struct str value;

    if (!sse->has_begun && str_starts_with(line, STR("\xEF\xBB\xBF")))
        line = str_tail(line, 3);
    sse->has_begun = true;
    if (line.len == 0)
        return dispatch(sse);
    value = str_cut(&line, ':');
    if (str_starts_with(value, STR(" ")))
        value = str_tail(value, 1);
    if (str_eq_c(line, "data"))
        return data_add(sse, value);
    if (str_eq_c(line, "event"))
        name_set(sse, value);
    if (!str_eq_c(line, "error"))
        return ERR_OK;
    name_set(sse, line);
    return data_add(sse, value);
}

/* A line that may have begun in an earlier read. */
static enum err line_end(struct sse *sse, struct str rest)
{
    enum err e;

    if (sse->line.len == 0)
        return line_read(sse, rest);
    TRY(add(&sse->line, rest));
    e = line_read(sse, buf_str(&sse->line));
    empty(&sse->line);
    return e;
}

static size_t line_length(struct str bytes)
{
    size_t len = 0;

    while (len < bytes.len && bytes.ptr[len] != '\n' && bytes.ptr[len] != '\r')
        len++;
    return len;
}

enum err sse_add(struct sse *sse, struct str bytes)
{
    size_t len;

    while (bytes.len > 0) {
        if (sse->after_cr && bytes.ptr[0] == '\n')
            bytes = str_tail(bytes, 1);
        sse->after_cr = false;
        len = line_length(bytes);
        if (len == bytes.len)
            return add(&sse->line, bytes);
        sse->after_cr = bytes.ptr[len] == '\r';
        TRY(line_end(sse, str_head(bytes, len)));
        bytes = str_tail(bytes, len + 1);
    }
    return ERR_OK;
}

enum err sse_end(struct sse *sse)
{
    if (sse->line.len > 0)
        TRY(line_end(sse, STR("")));
    return dispatch(sse);
}
