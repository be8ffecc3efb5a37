#include "fuzz_ai.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_kind("gemini", data, size);
}
