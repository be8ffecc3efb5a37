/* How the JSON in archives looks: as the API shows the same things. */
#ifndef PARLEY_SHAPES_ARCHIVE_ENCODE_H
#define PARLEY_SHAPES_ARCHIVE_ENCODE_H

#include "parley/domain/lifecycle/archive.h"

extern const struct archive_encoder archive_encoder;

#endif
