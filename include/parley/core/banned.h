/*
 * Functions that may not be used anywhere. Every file of Parley sees this header first (CMakeLists.txt: -include), after
 * the system headers that declare them, so that a use is an error at compile time.
 */
#ifndef PARLEY_CORE_BANNED_H
#define PARLEY_CORE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef PARLEY_VENDOR_FIRST
/* A library's header whose macros name banned functions must come before the ban; CMakeLists.txt says for which files. */
#include PARLEY_VENDOR_FIRST
#endif

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll gmtime localtime

/* Names that vendor headers use for arguments cannot be poisoned; calling these is an error all the same. */
extern int rand(void) __attribute__((error("use parley/core/rand.h")));
extern void srand(unsigned int seed) __attribute__((error("use parley/core/rand.h")));

#endif
