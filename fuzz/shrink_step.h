/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_SHRINK_STEP_H
#define SC_FUZZ_SHRINK_STEP_H

#include "fuzz/shrink.h"
#include "fuzz/shrink_patch.h"
#include "fuzz/shrink_size.h"

#include <stdbool.h>
#include <stdint.h>

/* A shrinking under way: what its passes work on. */

#define SC_SHRINK_SEEN 8192

struct sc_shrinker {
    struct sc_recipe best; /* the smallest that fails */
    struct sc_shrink_size size;
    sc_shrink_fails *fails;
    void *context;
    struct sc_shrink_limits limits;
    double end; /* of the clock; 0: no limit */
    int32_t tries;
    bool over; /* a limit is reached, or `fails` could not tell */
    enum sc_status status;
    struct sc_error *error;
    uint64_t seen[SC_SHRINK_SEEN]; /* hashes of recipes that did not fail: not run again */
};

/* Tries a candidate: whether it is valid, smaller than the best, and fails; then it is the best.
 *   kept  what of the best it has left, for the patches (fuzz/shrink_patch.h); NULL: its patches are its own */
bool sc_shrink_try(struct sc_shrinker *s, struct sc_recipe *candidate,
                   const struct sc_shrink_kept *kept);

/* The passes. Each leaves s->best as it is or smaller. */
void sc_shrink_off(struct sc_shrinker *s);       /* features */
void sc_shrink_sequences(struct sc_shrinker *s); /* batch and packed sequences */
void sc_shrink_heads(struct sc_shrinker *s);
void sc_shrink_lines(struct sc_shrinker *s); /* rows and keys */
void sc_shrink_channels(struct sc_shrinker *s);
void sc_shrink_scalars(struct sc_shrinker *s); /* tau, bias, slopes, band, lengths, cells */
void sc_shrink_values(struct sc_shrinker *s);  /* class, seed, single elements */

/* A number of a recipe that can fall. */
struct sc_shrink_number {
    int32_t (*get)(const struct sc_recipe *recipe);
    void (*set)(struct sc_recipe *recipe, int32_t value);
};

/* Brings a number down to a local least that is at least `least`: small numbers and powers of two first, then by steps
 * that halve. For a predicate that is monotone in it, to the least. */
void sc_shrink_descend(struct sc_shrinker *s, const struct sc_shrink_number *number, int32_t least);

#endif
