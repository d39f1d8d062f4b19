/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/coverage.h"

#include "fuzz/select.h"

#include <stdlib.h>

/* One byte for two values of two subjects, the first subject being the lower one. */
struct sc_coverage {
    uint8_t tried[SC_FEATURE_SUBJECTS][SC_FEATURE_VALUES_MAX][SC_FEATURE_SUBJECTS]
                 [SC_FEATURE_VALUES_MAX];
};

struct sc_coverage *sc_coverage_create(void)
{
    return calloc(1, sizeof(struct sc_coverage));
}

void sc_coverage_destroy(struct sc_coverage *coverage)
{
    free(coverage);
}

void sc_coverage_add(struct sc_coverage *coverage, const struct sc_recipe *recipe)
{
    const struct sc_feature_vector f = sc_feature_vector(recipe);

    for (int a = 0; a < SC_FEATURE_SUBJECTS; a++) {
        for (int b = a + 1; b < SC_FEATURE_SUBJECTS; b++) {
            coverage->tried[a][f.value[a]][b][f.value[b]] = 1;
        }
    }
}

int32_t sc_coverage_new(const struct sc_coverage *coverage, const struct sc_recipe *recipe)
{
    const struct sc_feature_vector f = sc_feature_vector(recipe);
    int32_t count = 0;

    for (int a = 0; a < SC_FEATURE_SUBJECTS; a++) {
        for (int b = a + 1; b < SC_FEATURE_SUBJECTS; b++) {
            count += coverage->tried[a][f.value[a]][b][f.value[b]] == 0;
        }
    }
    return count;
}

bool sc_coverage_tried(const struct sc_coverage *coverage, enum sc_feature_subject a,
                       int32_t value_a, enum sc_feature_subject b, int32_t value_b)
{
    return a < b ? coverage->tried[a][value_a][b][value_b] != 0
                 : coverage->tried[b][value_b][a][value_a] != 0;
}

/* Pairs that a kernel can be tried on; with `coverage`, those of them that were tried. */
static int64_t count(const struct sc_coverage *coverage, const struct sc_kernel_traits *traits)
{
    int64_t pairs = 0;

    for (int x = 0; x < SC_FEATURE_SUBJECTS; x++) {
        const enum sc_feature_subject a = (enum sc_feature_subject)x;
        for (int y = x + 1; y < SC_FEATURE_SUBJECTS; y++) {
            const enum sc_feature_subject b = (enum sc_feature_subject)y;
            for (int32_t i = 0; i < sc_feature_values(a); i++) {
                for (int32_t j = 0; j < sc_feature_values(b); j++) {
                    pairs += sc_feature_admitted(traits, a, i) &&
                             sc_feature_admitted(traits, b, j) && !sc_feature_exclude(a, i, b, j) &&
                             (coverage == NULL || coverage->tried[a][i][b][j] != 0);
                }
            }
        }
    }
    return pairs;
}

int64_t sc_coverage_pairs(const struct sc_coverage *coverage, const struct sc_kernel_traits *traits)
{
    return count(coverage, traits);
}

int64_t sc_coverage_possible(const struct sc_kernel_traits *traits)
{
    return count(NULL, traits);
}
