/* How far a word is from another, for "did you mean". */
#ifndef PARLEY_CORE_EDIT_DISTANCE_H
#define PARLEY_CORE_EDIT_DISTANCE_H

#include <stddef.h>

#include "parley/core/str.h"

enum { EDIT_DISTANCE_FAR = 99 };

/*
 * Letters added, left out, changed, or two neighbours swapped (optimal string alignment). EDIT_DISTANCE_FAR where one of
 * the two has more than 64 bytes. Any thread; no allocation.
 */
size_t edit_distance(struct str a, struct str b) MUST_CHECK;

#endif
