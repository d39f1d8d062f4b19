/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPLAY_DESCRIBE_H
#define SC_TOOLS_REPLAY_DESCRIBE_H

#include "fuzz/recipe.h"
#include "fuzz/words.h"

/* A valid recipe in words: shape, formats, mask, scores, values, layout, a line of each, each line after `indent`. */
void sc_describe_recipe(const struct sc_recipe *recipe, const char *indent, struct sc_words *words);

#endif
