#include "parley/core/mail_address.h"

#include <ctype.h>

#include "parley/core/idna.h"
#include "parley/core/limits.h"
#include "parley/core/text.h"

/* RFC 5321 §4.5.3.1.1 and RFC 1035 §2.3.4. */
enum { LOCAL_PART_MAX_BYTES = 64, LABEL_MAX_BYTES = 63 };

static bool label_is_sane(struct str label)
{
    if (label.len == 0 || label.len > LABEL_MAX_BYTES || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.ptr[i];
        if (!isalnum(c) && c != '-')
            return false;
    }
    return true;
}

/* As it was typed: IDNA takes any ASCII into the encoding of a label that holds other letters, "@" and "<" among it. */
static bool domain_has_only_letters(struct str domain)
{
    for (size_t i = 0; i < domain.len; i++) {
        unsigned char c = (unsigned char)domain.ptr[i];
        if (c < 0x80 && !isalnum(c) && c != '-' && c != '.')
            return false;
    }
    return true;
}

static bool domain_is_sane(struct str domain)
{
    struct str rest = domain;
    struct str label;
    size_t label_count = 0;

    while (str_split(&rest, '.', &label)) {
        if (!label_is_sane(label))
            return false;
        label_count++;
    }
    return label_count > 1 || str_eq_nocase(domain, STR("localhost"));
}

static bool local_part_is_sane(struct str local)
{
    struct str rest = local;
    struct str atom;

    if (local.len == 0 || local.len > LOCAL_PART_MAX_BYTES || str_has_control(local))
        return false;
    while (str_split(&rest, '.', &atom)) {
        if (atom.len == 0)
            return false;
        for (size_t i = 0; i < atom.len; i++)
            if (strchr(" \"(),:;<>@[\\]", atom.ptr[i]) != NULL)
                return false;
    }
    return true;
}

bool mail_address_is_sane(struct str address)
{
    size_t at = str_index(address, '@');
    char domain[IDNA_DOMAIN_BYTES];

    return at != SIZE_MAX && address.len <= EMAIL_MAX_BYTES && str_is_utf8(address) && !text_hides(address) &&
           local_part_is_sane(str_head(address, at)) && domain_has_only_letters(str_tail(address, at + 1)) &&
           idna_ascii(str_tail(address, at + 1), domain) == ERR_OK && domain_is_sane(str_from(domain)) &&
           at + 1 + strlen(domain) <= EMAIL_MAX_BYTES;
}

enum err mail_address_key(struct arena *a, struct str address, struct str *ret_key)
{
    char domain[IDNA_DOMAIN_BYTES];
    struct str local;
    const char *key;

    if (!mail_address_is_sane(address))
        return ERR_INVALID;
    TRY(idna_ascii(mail_address_domain(address), domain));
    TRY(text_lower(a, str_head(address, str_index(address, '@')), &local));
    if (local.len + 1 + strlen(domain) > EMAIL_MAX_BYTES)
        return ERR_INVALID;
    key = arena_printf(a, "%.*s@%s", STR_FMT(local), domain);
    if (key == NULL)
        return ERR_NO_MEMORY;
    *ret_key = str_from(key);
    return ERR_OK;
}

struct str mail_address_domain(struct str address)
{
    return str_tail(address, str_index(address, '@') + 1);
}

/* Without the quotes around it. */
static enum err name_parse(struct str text, struct str *ret_name)
{
    struct str name = str_trim(text);

    if (name.len >= 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"')
        name = (struct str){ name.ptr + 1, name.len - 2 };
    if (str_has_control(name) || !str_is_utf8(name) || str_index(name, '"') != SIZE_MAX ||
        str_index(name, '\\') != SIZE_MAX)
        return ERR_INVALID;
    *ret_name = name.len > 0 ? name : (struct str){ NULL, 0 };
    return ERR_OK;
}

enum err mail_address_parse(struct str text, struct mail_address *ret_address)
{
    struct mail_address parsed = { .address = str_trim(text) };
    size_t open = str_index(parsed.address, '<');

    if (open != SIZE_MAX) {
        TRY(name_parse(str_head(parsed.address, open), &parsed.name));
        parsed.address = str_tail(parsed.address, open + 1);
        if (!str_ends_with(parsed.address, STR(">")))
            return ERR_INVALID;
        parsed.address.len--;
    }
    if (!mail_address_is_sane(parsed.address))
        return ERR_INVALID;
    *ret_address = parsed;
    return ERR_OK;
}
