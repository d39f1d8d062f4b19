/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/hidden.h"

#include <stddef.h>

/* Whether the mask of bytes shows key j of sequence b to a row in [begin, end) of a head that reads key head g. */
static bool shown(const struct sc_problem *p, int32_t b, int32_t g, int32_t j, int32_t begin,
                  int32_t end)
{
    const struct sc_plane *const plane = &p->plane;
    const int32_t first = sc_problem_group_first(p, g);
    const int32_t heads = p->heads_q / p->heads_kv;

    if (plane->visible == NULL) {
        return true;
    }
    for (int32_t h = first; h < first + heads; h++) {
        for (int32_t cell = begin / plane->block_rows; cell <= (end - 1) / plane->block_rows;
             cell++) {
            const int64_t row = sc_layout_row(&plane->layout, b, h, cell, p->batch, p->heads_q,
                                              plane->rows, plane->keys);
            if (plane->visible[row + j / plane->block_keys] != 0) {
                return true;
            }
        }
    }
    return false;
}

void sc_hidden_keys(const struct sc_problem *p, uint8_t *seen)
{
    for (int32_t b = 0; b < p->batch; b++) {
        const int32_t rows = sc_problem_rows(p, b);
        const int32_t keys = sc_problem_keys(p, b);
        for (int32_t j = 0; j < keys; j++) {
            const int32_t begin = sc_mask_row_begin(j, rows, keys, p->left, p->right);
            const int32_t end = sc_mask_row_end(j, rows, keys, p->left, p->right);
            for (int32_t g = 0; begin < end && g < p->heads_kv; g++) {
                const int64_t line = (int64_t)sc_problem_entry(p, b) * p->heads_kv + g;
                seen[line * p->n_k + sc_problem_first_key(p, b) + j] =
                    shown(p, b, g, j, begin, end);
            }
        }
    }
}

void sc_hidden_share(const struct sc_extent *extent, const struct sc_place_sharing *sharing,
                     uint8_t *seen)
{
    if (!sharing->entries && !sharing->heads && !sharing->rows) {
        return;
    }
    /* Twice: what the canonical place has gathered goes back to the others. */
    for (int pass = 0; pass < 2; pass++) {
        for (int32_t entry = 0; entry < extent->entries; entry++) {
            for (int32_t head = 0; head < extent->heads; head++) {
                uint8_t *const line = seen + ((int64_t)entry * extent->heads + head) * extent->rows;
                uint8_t *const first =
                    seen + ((int64_t)sc_place_canonical(sharing->entries, entry) * extent->heads +
                            sc_place_canonical(sharing->heads, head)) *
                               extent->rows;
                for (int32_t row = 0; row < extent->rows; row++) {
                    uint8_t *const canonical = first + sc_place_canonical(sharing->rows, row);
                    *canonical |= line[row];
                    line[row] = *canonical;
                }
            }
        }
    }
}
