/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/judge/arithmetic_words.h"

#include <stddef.h>

const char *const sc_arithmetic_core_words[] = {"h100", "a100", "fma", NULL};
const char *const ssc_arithmetic_core_words[] = {"fused", "separate", "preloaded", NULL};
const char *const sc_arithmetic_order_words[] = {"declared", "tiled", "any", NULL};
const char *const sc_arithmetic_spread_words[] = {"fused", "products", NULL};
const char *const sc_arithmetic_p_words[] = {"bf16", "fp16", "fp32", "input", NULL};
const char *const sc_arithmetic_stored_words[] = {"fp32", "bf16", "fp16", "input", "joint", NULL};
const char *const sc_arithmetic_activation_words[] = {"limits",        "h100",      "one-term",
                                                      "one-term-h100", "tanh-h100", NULL};
