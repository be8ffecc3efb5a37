/*
 * struct str: a borrowed view of bytes. Not NUL-terminated, owns nothing, copied by value; it lives as long as the
 * bytes that it points to. {NULL, 0} is "absent"; a non-NULL pointer with length 0 is "empty".
 */
#ifndef PARLEY_CORE_STR_H
#define PARLEY_CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parley/core/attrs.h"
#include "parley/core/err.h"

struct str {
    const char *ptr;
    size_t len;
};

/* A view of a string literal, usable in static initialisers: { STR_INIT("x") }. */
#define STR_INIT(literal) \
    { \
        (literal), sizeof(literal) - 1 \
    }
/* The same as an expression. */
#define STR(literal) ((struct str)STR_INIT(literal))
/* For printf's %.*s. */
#define STR_FMT(s) (int)(s).len, (s).ptr

/* A view of a C string; NULL gives the absent view. */
struct str str_from(const char *text);

/* Equal bytes. Not for secrets (parley/core/secret.h). */
bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
/* Equal but for the case of ASCII letters (header names, domain names). */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);

/* The index of the first byte c in s, or SIZE_MAX. */
size_t str_index(struct str s, char c);
/* The first `len` bytes of s, or all when there are fewer; and what remains from byte `from` on. */
struct str str_head(struct str s, size_t len);
struct str str_tail(struct str s, size_t from);
/* Cuts *s at the first byte c and gives the part behind it; absent where there is no c, and *s stays. */
struct str str_cut(struct str *s, char c);
/* Without ASCII blanks (space, tab, CR, LF) at both ends. */
struct str str_trim(struct str s);

/*
 * Takes the next piece of *rest up to the byte `separator` and moves *rest behind it.
 * Returns false when *rest is absent: the list has ended. "a,,b" gives "a", "", "b"; "" gives "" once.
 */
bool str_split(struct str *rest, char separator, struct str *ret_piece);

/*
 * Decimal number, digits only with an optional '-' in front, whole view, within int64_t.
 * Returns ERR_OK or ERR_INVALID.
 */
enum err str_to_int64(struct str s, int64_t *ret_number) MUST_CHECK;

/* What a hex digit of either case stands for; -1: it is none. */
int str_hex_digit(char c);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool str_is_utf8(struct str s);
/* Number of code points in well-formed UTF-8. */
size_t str_code_points(struct str s);
/* Its first `count` code points, or all. s is UTF-8. */
struct str str_head_code_points(struct str s, size_t count);
/* Has a byte below 0x20 or 0x7F. */
bool str_has_control(struct str s);

#endif
