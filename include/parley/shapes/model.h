/* How models of providers look in JSON. */
#ifndef PARLEY_SHAPES_MODEL_H
#define PARLEY_SHAPES_MODEL_H

#include "parley/gate/spec.h"

/* struct model; its flag_names are set */
extern const struct spec model_spec;
/* struct model_price */
extern const struct spec model_price_spec;

#endif
