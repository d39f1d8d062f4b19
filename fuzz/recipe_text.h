/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_RECIPE_TEXT_H
#define SC_FUZZ_RECIPE_TEXT_H

#include "spec/attention.h"

/* Words of a case line that its reader and its writer share. */
#define SC_RECIPE_HEAD "case/1" /* SC_RECIPE_VERSION */

extern const char *const sc_recipe_formats[3]; /* by enum sc_format */
extern const char *const sc_recipe_scopes[3];  /* by enum sc_bias_scope */
extern const char *const sc_recipe_tensors[8]; /* by enum sc_tensor */

#endif
