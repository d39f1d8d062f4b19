/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_REPLAY_PROBE_H
#define SC_TOOLS_REPLAY_PROBE_H

#include "fuzz/picture.h"
#include "fuzz/runner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The weights P of a kernel, one by one. O is linear in V: where V has a 1 at channel c of key j alone, channel c of O
 * is column j of P. So d_v keys show in a run, and as many runs as it takes show all of them. */

#define SC_PROBE_KEYS_MAX 256 /* of a sequence */

/* Pictures P of (sequence b, query head): each P_ij that the kernel has, hidden ones included, against the exact one,
 * with the bound of its arithmetic on this V. Contents of hidden places are drawn like others, so that a hidden key
 * that is read shows by itself and not as a NaN in its whole row; V lies without gaps.
 *   picture  receives it; sc_picture_destroy frees what it holds. Without cells where it was not made
 *   why      receives why not: too many keys, or a run that did not end well; empty where it was made
 * Statuses of the runner and of sc_assess. Then *picture holds nothing. */
enum sc_status sc_probe(const struct sc_runner *runner, const struct sc_prepared *prepared,
                        int32_t b, int32_t head, struct sc_picture *picture, char *why, size_t room,
                        struct sc_error *error);

#endif
