/* SPDX-License-Identifier: Apache-2.0 */
/* What a block of backward_keys.cu or backward_keys_group.cu works on: which keys, where they and the rows of a query
 * head come from, and where the sums go. */
#ifndef SC_KERNELS_KEYS_ITEM_BODY_H
#define SC_KERNELS_KEYS_ITEM_BODY_H

#include "kernels/arguments.h"
#include "kernels/tensor_body.h"

/* Whether an item is dK and dV, or one of them. */
enum { SC_KEYS_BOTH = SC_WIDTH <= SC_BACKWARD_BOTH_MAX };

/* The item of a block: the team's keys are part's lines. */
struct sc_keys_item {
    struct sc_part part;
    int32_t g; /* key head */
    bool with_k, with_v;
};

/* Item `number` of the launch. */
SC_DEVICE void sc_keys_begin(struct sc_keys_item *my, const struct sc_backward_arguments *arguments,
                             int64_t number)
{
    const struct sc_problem *p = &arguments->problem;
    const int64_t place = SC_KEYS_BOTH ? number : number / 2;
    const int64_t head = place / arguments->key_tiles;

    my->with_k = SC_KEYS_BOTH || number % 2 == 0;
    my->with_v = SC_KEYS_BOTH || !my->with_k;
    my->g = (int32_t)(head % p->heads_kv);
    sc_part_begin(&my->part, p, true, (int32_t)(head / p->heads_kv),
                  sc_problem_group_first(p, my->g),
                  sc_tensor_team_line((int32_t)(place % arguments->key_tiles)), SC_LINES, SC_TILE);
}

/* Where the rows of a query head come from. */
struct sc_keys_sources {
    struct sc_tile_source q, d_o;
};

SC_DEVICE struct sc_keys_sources sc_keys_sources_of(const struct sc_part *part,
                                                    const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const bool rows = part->n_q > 0;
    struct sc_keys_sources from;

    from.q = sc_tile_from(arguments->q, &p->q, rows ? sc_problem_q_row(p, part->b, part->h, 0) : 0,
                          part->n_q, p->d, arguments->copies_q);
    from.d_o =
        sc_tile_from(arguments->d_o, &p->o, rows ? sc_problem_o_row(p, part->b, part->h, 0) : 0,
                     part->n_q, p->d_v, arguments->copies_d_o);
    return from;
}

/* Starts to load the team's keys, where it has any. */
SC_DEVICE void sc_keys_load_lines(uint16_t *k_tile, uint16_t *v_tile, const struct sc_keys_item *my,
                                  const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_part *part = &my->part;

    if (part->first_line < part->lines) {
        const struct sc_tile_source k =
            sc_tile_from(arguments->k, &p->k, sc_problem_k_row(p, part->b, my->g, 0), part->n_k,
                         p->d, arguments->copies_k);
        const struct sc_tile_source v =
            sc_tile_from(arguments->v, &p->v, sc_problem_v_row(p, part->b, my->g, 0), part->n_k,
                         p->d_v, arguments->copies_v);
        sc_tensor_load(k_tile, SC_LINES, &k, part->first_line);
        sc_tensor_load(v_tile, SC_LINES, &v, part->first_line);
    }
}

/* The sums of an item; of one that is dK or dV, that in d_v. */
struct sc_keys_sums {
    sc_tensor_sum d_k, d_v;
};

/* Number of the part of db that a block of one team has of a query head. */
SC_DEVICE int64_t sc_keys_bias_part(const struct sc_part *part,
                                    const struct sc_backward_arguments *arguments)
{
    const int64_t head = (int64_t)part->b * arguments->problem.heads_q + part->h;

    return head * arguments->bias_tiles + part->first_line / SC_LINES;
}

/* dK and dV of the team's keys, or the one of them that the item is. */
SC_DEVICE void sc_keys_store(struct sc_keys_sums *sums, const struct sc_keys_item *my,
                             const struct sc_backward_arguments *arguments)
{
    const struct sc_problem *p = &arguments->problem;
    const struct sc_part *part = &my->part;
    struct sc_output output = {&arguments->d_v_layout,
                               sc_problem_entry(p, part->b),
                               my->g,
                               sc_problem_first_key(p, part->b),
                               sc_problem_tensor_batch(p),
                               p->heads_kv,
                               p->n_k,
                               p->d_v,
                               sc_problem_key_room(p, part->b)};

    if (my->with_v) {
        sc_tensor_store(sums->d_v, 1.0f, part, arguments->d_v, p->format_in, &output);
    }
    output.layout = &arguments->d_k_layout;
    output.channels = p->d;
    if (SC_KEYS_BOTH) {
        sc_tensor_store(sums->d_k, part->tau, part, arguments->d_k, p->format_in, &output);
    } else if (my->with_k) {
        sc_tensor_store(sums->d_v, part->tau, part, arguments->d_k, p->format_in, &output);
    }
}

#endif
