/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_PART_H
#define SC_KERNELS_PART_H

#include "kernels/instances.h"
#include "kernels/primitives/special.h"
#include "kernels/team.h"
#include "spec/attention.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A team's part of the problem: its lines, of one (sequence, head), against the tiles of members that they may
 * see. Lines are query rows and members keys, or, for dK and dV, lines are keys and members the rows of one
 * query head. Who sees whom is the business of spec/ alone. */
struct sc_part {
    bool by_keys;                  /* whether lines are keys */
    int32_t b, h;                  /* sequence, query head */
    int32_t n_q, n_k;              /* rows and keys of the sequence */
    int32_t lines, members;        /* one is n_q, the other n_k */
    int32_t first_line, last_line; /* that exist; nothing else is set where first_line >= lines */
    int32_t tile_begin, tile_end;  /* tiles of members that the band lets the lines see */
    int32_t full_begin, full_end;  /* those that are full of members, each of which every line sees;
                                    * full_begin >= full_end: none */
    float tau, bias, slope;        /* of ALiBi, 0 without */
};

/* What depends on the query head. */
SC_DEVICE void sc_part_head(struct sc_part *part, const struct sc_problem *p, int32_t h)
{
    part->h = h;
    part->bias = sc_problem_bias(p, part->b, h);
    part->slope = p->slopes != NULL ? p->slopes[h] : 0.0f;
}

/* The full tiles. Later lines see later members: what the first and the last one see, all see. A byte mask has none. */
SC_DEVICE void sc_part_find_full(struct sc_part *part, const struct sc_problem *p, int32_t size)
{
    const int32_t first = part->first_line, last = part->last_line;
    const int32_t n_q = part->n_q, n_k = part->n_k;

    if (p->plane.visible != NULL) {
        return;
    }
    const int32_t begin = part->by_keys ? sc_mask_row_begin(last, n_q, n_k, p->left, p->right)
                                        : sc_mask_key_begin(last, n_q, n_k, p->left, p->right);
    const int32_t end = part->by_keys ? sc_mask_row_end(first, n_q, n_k, p->left, p->right)
                                      : sc_mask_key_end(first, n_q, n_k, p->left, p->right);
    part->full_begin = (begin + size - 1) / size;
    part->full_end = end / size;
}

/* The lines from `first` on, `count` of them or as many as exist, and their tiles of `size` members; no tile where
 * no line exists. */
SC_DEVICE void sc_part_begin(struct sc_part *part, const struct sc_problem *p, bool by_keys,
                             int32_t b, int32_t h, int32_t first, int32_t count, int32_t size)
{
    part->by_keys = by_keys;
    part->b = b;
    part->n_q = sc_problem_rows(p, b);
    part->n_k = sc_problem_keys(p, b);
    part->lines = by_keys ? part->n_k : part->n_q;
    part->members = by_keys ? part->n_q : part->n_k;
    part->first_line = first;
    part->last_line = first;
    part->tile_begin = part->tile_end = 0;
    part->full_begin = part->full_end = 0;
    part->tau = p->tau;
    sc_part_head(part, p, h);
    if (first >= part->lines) {
        return;
    }
    part->last_line = sc_mask_clamp(first + count - 1, first, part->lines - 1);
    sc_part_find_full(part, p, size);
    if (by_keys) {
        part->tile_begin = sc_mask_row_tile_begin(first, part->last_line, part->n_q, part->n_k,
                                                  p->left, p->right, size);
        part->tile_end = sc_mask_row_tile_end(first, part->last_line, part->n_q, part->n_k, p->left,
                                              p->right, size);
    } else {
        part->tile_begin = sc_mask_key_tile_begin(first, part->last_line, part->n_q, part->n_k,
                                                  p->left, p->right, size);
        part->tile_end = sc_mask_key_tile_end(first, part->last_line, part->n_q, part->n_k, p->left,
                                              p->right, size);
    }
}

/* Last member of a tile that exists; one of the tile does. */
SC_DEVICE int32_t sc_part_last_member(const struct sc_part *part, int32_t tile, int32_t size)
{
    return sc_mask_clamp(tile * size + size - 1, 0, part->members - 1);
}

/* Whether this thread's share of the cells of a byte mask that lines and tile touch has a visible one. Threads beyond
 * SC_BLOCK_THREADS look at some a second time. */
SC_DEVICE int32_t sc_part_cells_seen(const struct sc_part *part, const struct sc_problem *p,
                                     int32_t tile, int32_t size)
{
    const struct sc_plane *plane = &p->plane;
    const int32_t last = sc_part_last_member(part, tile, size);
    const int32_t row = sc_mask_cell(part->by_keys ? tile * size : part->first_line,
                                     plane->block_rows, plane->rows);
    const int32_t key = sc_mask_cell(part->by_keys ? part->first_line : tile * size,
                                     plane->block_keys, plane->keys);
    const int32_t rows =
        sc_mask_cell(part->by_keys ? last : part->last_line, plane->block_rows, plane->rows) - row +
        1;
    const int32_t keys =
        sc_mask_cell(part->by_keys ? part->last_line : last, plane->block_keys, plane->keys) - key +
        1;

    for (int32_t n = sc_team_thread(); n < rows * keys; n += SC_BLOCK_THREADS) {
        const int64_t first = sc_layout_row(&plane->layout, part->b, part->h, row + n / keys,
                                            p->batch, p->heads_q, plane->rows, plane->keys);
        if (plane->visible[first + key + n % keys] != 0) {
            return 1;
        }
    }
    return 0;
}

/* First tile from `tile` on with a member that a line may see; tile_end when there is none. Called by all
 * threads of the team together. */
SC_DEVICE int32_t sc_part_next_tile(const struct sc_part *part, const struct sc_problem *p,
                                    int32_t tile, int32_t size)
{
    while (tile < part->tile_end && p->plane.visible != NULL &&
           !sc_team_any(sc_part_cells_seen(part, p, tile, size))) {
        tile++;
    }
    return tile;
}

/* Whether the tile is full of members, and each sees every line that exists. */
SC_DEVICE bool sc_part_tile_full(const struct sc_part *part, int32_t tile)
{
    return part->full_begin <= tile && tile < part->full_end;
}

/* Whether a line and a member see each other; neither need exist. */
SC_DEVICE bool sc_part_visible(const struct sc_part *part, const struct sc_problem *p, int32_t line,
                               int32_t member)
{
    const int32_t i = part->by_keys ? member : line, j = part->by_keys ? line : member;

    if (i >= part->n_q || j >= part->n_k) {
        return false;
    }
    return p->plane.visible == NULL ? sc_mask_sees(i, j, part->n_q, part->n_k, p->left, p->right)
                                    : sc_problem_visible(p, part->b, part->h, i, j);
}

/* Of a line, the members that the band lets it see: none of a line that does not exist. */
struct sc_part_seen {
    int32_t begin, end;
};

SC_DEVICE struct sc_part_seen sc_part_seen_by(const struct sc_part *part,
                                              const struct sc_problem *p, int32_t line)
{
    const int32_t n_q = part->n_q, n_k = part->n_k;
    struct sc_part_seen seen = {0, 0};

    if (line >= part->lines) {
        return seen;
    }
    seen.begin = part->by_keys ? sc_mask_row_begin(line, n_q, n_k, p->left, p->right)
                               : sc_mask_key_begin(line, n_q, n_k, p->left, p->right);
    seen.end = part->by_keys ? sc_mask_row_end(line, n_q, n_k, p->left, p->right)
                             : sc_mask_key_end(line, n_q, n_k, p->left, p->right);
    return seen;
}

/* What ALiBi adds to a score, of a line and a member that may not exist: then of the last ones. */
SC_DEVICE float sc_part_alibi(const struct sc_part *part, float score, int32_t line, int32_t member)
{
    const int32_t i = sc_mask_clamp(part->by_keys ? member : line, 0, part->n_q - 1);
    const int32_t j = sc_mask_clamp(part->by_keys ? line : member, 0, part->n_k - 1);

    return sc_special_fma(-part->slope, (float)sc_mask_distance(i, j, part->n_q, part->n_k), score);
}

/* What a lane holds of a 16 x 8 fragment (kernels/primitives/matrix.h): row and column of element e. */
SC_DEVICE int32_t sc_part_lane_row(int32_t e)
{
    return sc_grid_thread() % SC_WARP / 4 + e / 2 * 8;
}

SC_DEVICE int32_t sc_part_lane_column(int32_t e)
{
    return sc_grid_thread() % SC_WARP % 4 * 2 + e % 2;
}

#endif
