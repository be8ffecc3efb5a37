#include "parley/shapes/model.h"

#include "parley/domain/assist/model.h"

/* clang-format off */
#define PRICE_FIELD(member) .offset = offsetof(struct model_price, member)
static const struct field price_fields[] = {
    { "in_micros", FIELD_INT, FIELD_NULLABLE, PRICE_FIELD(in_micros), .example = "2500000", .doc = "Of what is asked; null: nothing" },
    { "cached_micros", FIELD_INT, FIELD_NULLABLE, PRICE_FIELD(cached_micros), .example = "1250000",
      .doc = "Of that what the provider had kept; null: as the rest" },
    { "out_micros", FIELD_INT, FIELD_NULLABLE, PRICE_FIELD(out_micros), .example = "10000000", .doc = "Of what is answered; null: nothing" },
};
const struct spec model_price_spec = { SPEC_INIT("ModelPrice", struct model_price, price_fields),
    .doc = "What a million tokens cost, in millionths of the currency that the server counts in" };

#define MODEL_FIELD_AT(member) .offset = offsetof(struct model, member)
static const struct field model_fields[] = {
    { "id", FIELD_UUID, MODEL_FIELD_AT(uuid), .doc = "Its identifier" },
    { "model", FIELD_STR, MODEL_FIELD_AT(model), .example = "\"llama-3.1-8b\"", .doc = "As the provider calls it" },
    { "name", FIELD_STR, MODEL_FIELD_AT(name), .example = "\"Llama 3.1\"", .doc = "As people see it" },
    { "context_tokens", FIELD_INT, FIELD_NULLABLE, MODEL_FIELD_AT(context_tokens), .example = "131072",
      .doc = "How long question and answer may be together; null: not known" },
    { "max_output_tokens", FIELD_INT, FIELD_NULLABLE, MODEL_FIELD_AT(max_output_tokens), .example = "4096",
      .doc = "How long an answer may be; null: not known" },
    { "flags", FIELD_LIST, MODEL_FIELD_AT(flag_names), .element = FIELD_STR,
      .doc = "What it can do: system, images, tools, usage_in_stream, max_completion_tokens" },
    { "price", FIELD_OBJECT, MODEL_FIELD_AT(price), .spec = &model_price_spec, .doc = "What it costs" },
    { "fallback_id", FIELD_UUID, FIELD_NULLABLE, MODEL_FIELD_AT(fallback),
      .doc = "The model that is asked where this one cannot answer; null: none" },
    { "manual", FIELD_BOOL, MODEL_FIELD_AT(is_manual), .doc = "It was written by hand" },
    { "enabled", FIELD_BOOL, MODEL_FIELD_AT(enabled), .doc = "It is asked at all" },
    { "seen_at", FIELD_TIME, FIELD_NULLABLE, MODEL_FIELD_AT(seen_us), .doc = "When the provider's list had it last; null: never" },
    { "created_at", FIELD_TIME, MODEL_FIELD_AT(created_us), .doc = "When it was first known" },
    { "updated_at", FIELD_TIME, MODEL_FIELD_AT(updated_us), .doc = "When it was changed last" },
};
const struct spec model_spec = { SPEC_INIT("ProviderModel", struct model, model_fields), .doc = "A model of a provider" };
/* clang-format on */
