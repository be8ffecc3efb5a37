/* E-mail addresses: which ones are taken, and how a sender such as `Parley <noreply@example.org>` is read. Any thread. */
#ifndef PARLEY_CORE_MAIL_ADDRESS_H
#define PARLEY_CORE_MAIL_ADDRESS_H

#include <stdbool.h>

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/*
 * True for an address that is taken: at most EMAIL_MAX_BYTES of UTF-8 (RFC 6531), a dot-string of at most 64 bytes
 * before the @ (RFC 5321 §4.1.2; no quoted ones), behind it a host name of at least two labels, in any script (IDNA), or
 * localhost. So there are no blanks, control characters, angle brackets or characters that nobody sees in it.
 */
bool mail_address_is_sane(struct str address);

/*
 * The one form of a mailbox, however its address is spelt: what stands before the @ in lower case and NFC, its domain in
 * lower case and ASCII (parley/core/idna.h). In the arena. a+b@ and a@ stay two mailboxes, straße@ and strasse@ too.
 * ERR_INVALID: not a sane address, or too long in that form. ERR_NO_MEMORY.
 */
enum err mail_address_key(struct arena *a, struct str address, struct str *ret_key) MUST_CHECK;

/* What stands behind the @ of a sane address. Borrowed from it. */
struct str mail_address_domain(struct str address);

/* Somebody as a header names them. Borrowed from what was read. */
struct mail_address {
    struct str name; /* absent: none */
    struct str address;
};

/*
 * Reads `address`, `<address>`, `Name <address>` or `"Name" <address>` (RFC 5322 §3.4, without comments, groups and
 * backslashes). ERR_INVALID: none of them, an address that is not sane, or a name that is not plain UTF-8 text.
 */
enum err mail_address_parse(struct str text, struct mail_address *ret_address) MUST_CHECK;

#endif
