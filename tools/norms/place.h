/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_NORMS_PLACE_H
#define SC_TOOLS_NORMS_PLACE_H

#include "tools/norms/input.h"

/* A layer with its tokens, where it is measured: one sample, cut to a length, with a position code and a b. */
struct sc_norms_place {
    struct sc_layer layer; /* of the sigmoid; points to what follows and to the input */
    double *x;             /* [tokens][width] */
    double *bias, *slopes; /* [heads] */
    const char *file;      /* the sample's name */
    int32_t index;         /* in the file's batch axis; -1: it has none */
};

/* How to make one. */
struct sc_norms_setting {
    int32_t tokens; /* the first of a file's sample, or so many random ones; 0: as given */
    enum sc_norms_position position;
    const struct sc_norms_bias *bias; /* of all heads; NULL: as given */
};

/* Samples there are, and whether one has the tokens. */
int32_t sc_norms_place_samples(const struct sc_norms_input *input);
bool sc_norms_place_fits(const struct sc_norms_input *input, int32_t sample,
                         const struct sc_norms_setting *setting);

/* Makes the place of a sample that fits.
 *   SC_NORMS_SINCOS  x_i,2c += sin(i / 10000^(2c / width)), x_i,2c+1 += cos of it: Vaswani et al., "Attention Is All You Need",
 *                    section 3.5; the sums as binary64 are the tokens
 *   SC_NORMS_ROPE    the base of --rope, or 10000
 *   SC_NORMS_ALIBI   the slopes of --alibi, or 2^(-8 h / heads), h = 1 ... heads: Press et al., "Train Short, Test Long", section 3
 *   place  sc_norms_place_destroy frees what it holds, after a failure too
 * SC_E_INPUT the layer is not valid so. SC_E_MEMORY. */
enum sc_status sc_norms_place_create(const struct sc_norms_input *input, int32_t sample,
                                     const struct sc_norms_setting *setting,
                                     struct sc_norms_place *place, struct sc_error *error);
void sc_norms_place_destroy(struct sc_norms_place *place);

#endif
