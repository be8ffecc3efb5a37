#include "parley/gate/dialect.h"

#include <ctype.h>

#include "parley/gate/route.h"

static const struct dialect_error *row_find(const struct dialect_error *rows, enum err e)
{
    for (; rows != NULL && rows->err != ERR_OK; rows++)
        if (rows->err == e)
            return rows;
    return NULL;
}

const struct dialect_error *dialect_error_find(const struct dialect *dialect, const struct dialect_error *route_errors,
                                               enum err e)
{
    const struct dialect_error *found = row_find(route_errors, e);

    return found != NULL ? found : row_find(dialect->errors, e);
}

static void dialect_add(struct dialects *found, const struct dialect *dialect)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->rows[i] == dialect)
            return;
    if (dialect != NULL && found->count < DIALECTS_MAX)
        found->rows[found->count++] = dialect;
}

struct dialects dialects_find(const struct route_table *const *tables, size_t table_count)
{
    struct dialects found = { .count = 0 };

    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++)
            dialect_add(&found, tables[t]->routes[r].dialect);
    return found;
}

static bool setting_names(struct str setting, const char *name)
{
    struct str piece;

    while (str_split(&setting, ',', &piece))
        if (str_eq_nocase(str_trim(piece), str_from(name)))
            return true;
    return false;
}

static bool is_on(const struct dialect *dialect, struct str setting)
{
    return dialect == NULL || dialect->on == DIALECT_ALWAYS || setting_names(setting, "all") ||
           setting_names(setting, dialect->name);
}

static bool is_mixed(const struct route_table *table)
{
    for (size_t r = 1; r < table->count; r++)
        if (table->routes[r].dialect != table->routes[0].dialect)
            return true;
    return false;
}

/* Every name in the setting is one of a dialect. */
static enum err setting_check(const struct dialects *known, struct str setting, struct buf *faults)
{
    enum err kept = ERR_OK;
    struct str piece;

    while (str_split(&setting, ',', &piece)) {
        bool found;

        piece = str_trim(piece);
        found = piece.len == 0 || str_eq_nocase(piece, STR("all")) || str_eq_nocase(piece, STR("none"));
        for (size_t i = 0; !found && i < known->count; i++)
            found = str_eq_nocase(piece, str_from(known->rows[i]->name));
        if (found)
            continue;
        buf_addf(faults, "DIALECTS names %.*s, which is not a dialect\n", STR_FMT(piece));
        kept = ERR_INVALID;
    }
    return kept;
}

enum err dialects_on(const struct route_table *const *tables, size_t table_count, struct str setting,
                     struct buf *ret_faults, const struct route_table **ret_tables, size_t *ret_count)
{
    const struct dialects known = dialects_find(tables, table_count);
    enum err kept = setting_check(&known, setting, ret_faults);
    size_t count = 0;

    for (size_t t = 0; t < table_count; t++) {
        if (is_mixed(tables[t])) {
            buf_addf(ret_faults, "route %s: its table has rows of several dialects\n", tables[t]->routes[0].path);
            kept = ERR_INVALID;
        }
        if (is_on(tables[t]->routes[0].dialect, setting))
            ret_tables[count++] = tables[t];
    }
    if (kept == ERR_OK)
        *ret_count = count;
    return kept;
}

int64_t dialect_limit(const struct dialect *dialect, int64_t asked)
{
    if (asked == 0)
        return dialect->limit_default;
    return asked < dialect->limit_max ? asked : dialect->limit_max;
}

void dialect_place_write(const struct fault *fault, struct json_out *out)
{
    struct str rest = str_from(fault->field);
    struct str piece;
    int64_t index;

    json_out_array(out);
    json_out_c(out, fault->where);
    while (rest.len > 0 && str_split(&rest, '.', &piece)) {
        if (isdigit((unsigned char)piece.ptr[0]) && str_to_int64(piece, &index) == ERR_OK)
            json_out_int(out, index);
        else
            json_out_str(out, piece);
    }
    json_out_array_end(out);
}
