#include "log_lines.h"

void log_lines(enum log_level level, const char *message, const char *key, const struct buf *text)
{
    struct str rest = buf_str(text);
    struct str line;

    while (str_split(&rest, '\n', &line)) {
        if (line.len > 0)
            log_event(level, message, LOG_STR(key, line));
    }
}
