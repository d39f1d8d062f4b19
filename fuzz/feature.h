/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_FEATURE_H
#define SC_FUZZ_FEATURE_H

#include "fuzz/recipe.h"
#include "spec/kernel.h"

#include <stdbool.h>
#include <stdint.h>

/* Features of recipes: subjects, of each of which a recipe has exactly one value. What a campaign has tried is counted
 * in pairs of values of two subjects. */
enum sc_feature_subject {
    SC_FEATURE_IN,
    SC_FEATURE_OUT,
    SC_FEATURE_MASK,
    SC_FEATURE_LEFT,
    SC_FEATURE_RIGHT,
    SC_FEATURE_LENGTHS,
    SC_FEATURE_PACKED,
    SC_FEATURE_PLANE,
    SC_FEATURE_DENSITY,
    SC_FEATURE_SHARING,
    SC_FEATURE_ALIBI,
    SC_FEATURE_BIAS,
    SC_FEATURE_SCOPE,
    SC_FEATURE_ROWS,
    SC_FEATURE_KEYS,
    SC_FEATURE_RELATION,
    SC_FEATURE_D_SIZE,
    SC_FEATURE_D_MULTIPLE,
    SC_FEATURE_D_V_MULTIPLE,
    SC_FEATURE_D_V_RELATION,
    SC_FEATURE_GROUP,
    SC_FEATURE_BATCH,
    SC_FEATURE_HEADS,
    SC_FEATURE_Q_PLACE,
    SC_FEATURE_K_PLACE,
    SC_FEATURE_V_PLACE,
    SC_FEATURE_D_O_PLACE,
    SC_FEATURE_O_PLACE,
    SC_FEATURE_GRADIENT_PLACES,
    SC_FEATURE_BASE,
    SC_FEATURE_VALUES,
    SC_FEATURE_HIDDEN,
    SC_FEATURE_BACKWARD,
    SC_FEATURE_CLIMB,
    SC_FEATURE_SUBJECTS
};
#define SC_FEATURE_VALUES_MAX 12 /* of a subject */

/* The value of each subject in a valid recipe, from 0. */
struct sc_feature_vector {
    uint8_t value[SC_FEATURE_SUBJECTS];
};
struct sc_feature_vector sc_feature_vector(const struct sc_recipe *recipe);

/* How many values a subject has, and names such as "keys" and "tile + 1". */
int32_t sc_feature_values(enum sc_feature_subject subject);
const char *sc_feature_subject_name(enum sc_feature_subject subject);
const char *sc_feature_value_name(enum sc_feature_subject subject, int32_t value);

/* Whether a kernel of these traits can be tried on a value. */
bool sc_feature_admitted(const struct sc_kernel_traits *traits, enum sc_feature_subject subject,
                         int32_t value);

/* Whether two values of different subjects exclude each other in every recipe that sc_select_recipe draws, such as no
 * mask of bytes and a density of it. Not all that do are known here: some pairs that are left are hardly ever drawn. */
bool sc_feature_exclude(enum sc_feature_subject a, int32_t value_a, enum sc_feature_subject b,
                        int32_t value_b);

#endif
