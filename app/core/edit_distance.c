#include "parley/core/edit_distance.h"

enum { COMPARED_MAX = 64 };

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;

    return smaller < c ? smaller : c;
}

size_t edit_distance(struct str a, struct str b)
{
    size_t rows[3][COMPARED_MAX + 1];

    if (a.len > COMPARED_MAX || b.len > COMPARED_MAX)
        return EDIT_DISTANCE_FAR;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *before = rows[(i + 1) % 3];
        size_t *above = rows[(i + 2) % 3];
        size_t *now = rows[i % 3];

        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];

            now[j] = least(above[j] + 1, now[j - 1] + 1, above[j - 1] + (same ? 0 : 1));
            if (swapped)
                now[j] = least(now[j], before[j - 2] + 1, EDIT_DISTANCE_FAR);
        }
    }
    return rows[a.len % 3][b.len];
}
