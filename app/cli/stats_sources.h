/* The figures of a running server: which parts are asked, and how what they say is called (core/stats.h). */
#ifndef PARLEY_APP_CLI_STATS_SOURCES_H
#define PARLEY_APP_CLI_STATS_SOURCES_H

#include "parley/core/stats.h"

enum { STATS_SOURCES_MAX = 32 };

struct runtime;

/* Fills in runtime->sources and what app says of them. runtime's parts are asked only when somebody wants the figures. */
void stats_sources_set(struct runtime *runtime);

#endif
