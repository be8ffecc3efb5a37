/* Which build of the program this is. */
#ifndef PARLEY_CORE_BUILD_H
#define PARLEY_CORE_BUILD_H

#include "parley/core/arena.h"
#include "parley/core/str.h"

/*
 * The build ID that the linker has written into the running program (ELF note NT_GNU_BUILD_ID: a hash of its contents), in
 * lower-case hex: the same bytes have the same one wherever they were built, another version another. Empty where it was
 * linked without one; absent past the arena's cap. Any thread; reads memory only.
 */
struct str build_id(struct arena *a);

#endif
