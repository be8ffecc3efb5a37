#include "parley/mail/mail_message.h"

#include <time.h>

#include "parley/core/clock.h"

/*
 * LINE_MAX_CHARS: of the body (RFC 2045 §6.7) and of a line with an encoded word (RFC 2047 §2). A longer name or subject
 * of plain ASCII is encoded too, since an encoded text can be folded anywhere.
 */
enum { LINE_MAX_CHARS = 76, PLAIN_MAX_CHARS = 60, DATE_YEAR_MAX = 9999, YEARS_FROM = 1900 };

static void add_escaped(struct buf *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;

    buf_add_byte(out, '=');
    buf_add_byte(out, digits[byte >> 4]);
    buf_add_byte(out, digits[byte & 15]);
}

/* ---- text in headers ---- */

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

/* Printable ASCII that cannot be mistaken for an encoded word. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7E || (text.ptr[i] == '?' && i > 0 && text.ptr[i - 1] == '='))
            return false;
    return text.len <= PLAIN_MAX_CHARS;
}

/* What an encoded word may hold as it is, also in the place of a name: RFC 2047 §5 (3). */
static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' || c == '*' ||
           c == '+' || c == '-' || c == '/';
}

/* The bytes of one code point; a byte that begins none stands alone. */
static size_t code_point_bytes(struct str text)
{
    size_t len = 1;

    if ((unsigned char)text.ptr[0] < 0xC0)
        return 1;
    while (len < text.len && len < 4 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len++;
    return len;
}

static size_t encoded_chars(struct str piece)
{
    return piece.len == 1 && (is_word_char(piece.ptr[0]) || piece.ptr[0] == ' ' || is_control(piece.ptr[0]))
               ? 1
               : 3 * piece.len;
}

static void add_encoded(struct buf *out, struct str piece)
{
    for (size_t i = 0; i < piece.len; i++) {
        if (is_word_char(piece.ptr[i]))
            buf_add_byte(out, piece.ptr[i]);
        else if (piece.ptr[i] == ' ' || is_control(piece.ptr[i]))
            buf_add_byte(out, '_');
        else
            add_escaped(out, piece.ptr[i]);
    }
}

/* Encoded words, a line each, none cut within a code point. used_chars: what stands before on the first line. */
static void add_encoded_words(struct buf *out, struct str text, size_t used_chars)
{
    static const char begin[] = "=?utf-8?Q?", end[] = "?=";
    size_t chars = used_chars + sizeof(begin) - 1 + sizeof(end) - 1;

    buf_add_c(out, begin);
    while (text.len > 0) {
        struct str piece = str_head(text, code_point_bytes(text));

        if (chars + encoded_chars(piece) > LINE_MAX_CHARS) {
            buf_addf(out, "%s\r\n %s", end, begin);
            chars = 1 + sizeof(begin) - 1 + sizeof(end) - 1;
        }
        add_encoded(out, piece);
        chars += encoded_chars(piece);
        text = str_tail(text, piece.len);
    }
    buf_add_c(out, end);
}

static void add_from(struct buf *out, const struct mail_address *from)
{
    buf_add_c(out, "From: ");
    if (from->name.len > 0 && is_plain(from->name) && str_index(from->name, '"') == SIZE_MAX &&
        str_index(from->name, '\\') == SIZE_MAX)
        buf_addf(out, "\"%.*s\"\r\n ", STR_FMT(from->name));
    else if (from->name.len > 0) {
        add_encoded_words(out, from->name, sizeof("From: ") - 1);
        buf_add_c(out, "\r\n ");
    }
    buf_addf(out, "<%.*s>\r\n", STR_FMT(from->address));
}

static void add_subject(struct buf *out, struct str subject)
{
    buf_add_c(out, "Subject: ");
    if (is_plain(subject))
        buf_add(out, subject);
    else
        add_encoded_words(out, subject, sizeof("Subject: ") - 1);
    buf_add_c(out, "\r\n");
}

/* RFC 5322 §3.3; its names of days and months are English in every locale. */
static enum err add_date(struct buf *out, int64_t date_us)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)(date_us / US_PER_S);
    struct tm t;

    if (date_us < 0 || gmtime_r(&seconds, &t) == NULL || t.tm_year + YEARS_FROM > DATE_YEAR_MAX)
        return ERR_INVALID;
    buf_addf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", days[t.tm_wday], t.tm_mday, months[t.tm_mon],
             t.tm_year + YEARS_FROM, t.tm_hour, t.tm_min, t.tm_sec);
    return ERR_OK;
}

/* ---- the body ---- */

/* One line as quoted-printable (RFC 2045 §6.7); a blank at its end would not survive as it is. */
static void add_body_line(struct buf *out, struct str line)
{
    size_t chars = 0;

    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        bool is_kept = (c > 0x20 && c < 0x7F && c != '=') || (c == ' ' && i + 1 < line.len);
        size_t width = is_kept ? 1 : 3;

        /* One is left for the sign that the line goes on. */
        if (chars + width > LINE_MAX_CHARS - 1) {
            buf_add_c(out, "=\r\n");
            chars = 0;
        }
        if (is_kept)
            buf_add_byte(out, c);
        else
            add_escaped(out, c);
        chars += width;
    }
    buf_add_c(out, "\r\n");
}

static void add_body(struct buf *out, struct str text)
{
    struct str line;

    while (str_split(&text, '\n', &line))
        if (text.ptr != NULL || line.len > 0)
            add_body_line(out, line);
}

enum err mail_message_write(const struct mail_message *message, struct buf *out)
{
    char id[UUID_TEXT_BYTES];

    if (!mail_address_is_sane(message->from.address) || !mail_address_is_sane(message->to))
        return ERR_INVALID;
    TRY(add_date(out, message->date_us));
    add_from(out, &message->from);
    buf_addf(out, "To: <%.*s>\r\n", STR_FMT(message->to));
    add_subject(out, message->subject);
    uuid_format(&message->id, id);
    buf_addf(out, "Message-ID: <%s@%.*s>\r\n", id, STR_FMT(mail_address_domain(message->from.address)));
    /* RFC 3834: nobody's holiday notice need answer. */
    buf_add_c(out, "Auto-Submitted: auto-generated\r\n"
                   "MIME-Version: 1.0\r\n"
                   "Content-Type: text/plain; charset=utf-8\r\n"
                   "Content-Transfer-Encoding: quoted-printable\r\n"
                   "\r\n");
    add_body(out, message->text);
    return buf_check(out);
}
