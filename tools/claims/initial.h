/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_INITIAL_H
#define SC_TOOLS_CLAIMS_INITIAL_H

#include "reference/status.h"

#include <stdbool.h>
#include <stdint.h>

enum sc_initial_positions {
    SC_INITIAL_NONE,
    SC_INITIAL_SINUSOIDS, /* added to the tokens */
    SC_INITIAL_ROTARY,
    SC_INITIAL_ALIBI
};

/* ||P V||_F / ||V||_F of a sigmoid layer of random weights, 4 heads of 16 channels, at n random tokens: "attention norm",
 * by the size of V. Computed in binary64.
 *   bias    b
 *   common  whether the tokens share a part, half of their squared norm
 * SC_E_MEMORY. */
enum sc_status sc_initial_norm(int32_t n, enum sc_initial_positions positions, double bias,
                               bool common, double *norm, struct sc_error *error);

#endif
