#include "parley/gate/dialect.h"

#include <ctype.h>

static const struct dialect_error *row_find(const struct dialect_error *rows, enum err err)
{
    for (; rows != NULL && rows->err != ERR_OK; rows++)
        if (rows->err == err)
            return rows;
    return NULL;
}

const struct dialect_error *dialect_error_find(const struct dialect *dialect, const struct dialect_error *route_errors,
                                               enum err err)
{
    const struct dialect_error *found = row_find(route_errors, err);

    return found != NULL ? found : row_find(dialect->errors, err);
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
