/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_KERNELS_TWIN_H
#define SC_TOOLS_KERNELS_TWIN_H

#include "tools/kernels/outputs.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether two machines leave the same bits. A sigmoid differs from machine to machine in its last digits, but not at
 * scores of 0 (1/2) and beyond +-256 (1 and 0), so cases with such scores alone must agree wherever their arithmetic
 * is deterministic. A list of digests made on one machine is held against the outputs of another. */

/* Makes every score of a case 0 or larger than 256 in size: Q and K become 0 and +-2^15, whose products and sums are
 * exact, b and the slopes 0. V and dO stay. What is not finite stays too.
 * false: tau is too small in size for that, and the case is as it was. */
bool sc_twin_sharpen(struct sc_case *c);

/* Digests of O, dQ, dK and dV, every NaN being the same number: of the elements that the problem has. */
struct sc_twin_digests {
    uint64_t seed; /* of the case */
    uint64_t of[SC_OUTPUTS];
};
void sc_twin_digest(const struct sc_outputs *outputs, struct sc_twin_digests *digests);

struct sc_twin_list {
    struct sc_twin_digests *entries;
    int64_t count;
};

/* Appends an entry. SC_E_MEMORY. */
enum sc_status sc_twin_add(struct sc_twin_list *list, const struct sc_twin_digests *digests,
                           struct sc_error *error);
/* The entry of a seed; NULL: none. */
const struct sc_twin_digests *sc_twin_find(const struct sc_twin_list *list, uint64_t seed);

/* A text file: "twin/1", then a line "SEED O dQ dK dV" for each case, digests in 16 hexadecimal digits. Written whole or
 * not at all.
 * SC_E_IO cannot be read or written; SC_E_INPUT another text, or a line that is cut; SC_E_MEMORY. */
enum sc_status sc_twin_write(const char *path, const struct sc_twin_list *list,
                             struct sc_error *error);
enum sc_status sc_twin_read(const char *path, struct sc_twin_list *list, struct sc_error *error);

void sc_twin_destroy(struct sc_twin_list *list);

#endif
